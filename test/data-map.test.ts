import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classesOf, type DataClass, dataClassNames, dataMap } from '../src/domain/data-map';
import { root } from '../src/kit/root';

/** Collections that the source names: `db.collection<Row>('name')`, `collection: 'name'`. */
function named(): Set<string> {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.ts'),
  );
  const source = files
    .filter((one) => !one.startsWith('migrations'))
    .map((one) => readFileSync(join(root, 'src', one), 'utf8'))
    .join('\n');
  const found = [...source.matchAll(/\.collection(?:<[^()]*?>)?\(\s*'(\w+)'\s*\)|collection: '(\w+)'/g)];
  return new Set(found.map(([, a, b]) => a ?? b ?? ''));
}

/** Only migrations know it, or it is written in the moment of a replay. */
const passing = new Set(['quizzes', 'replayRounds', 'replayScores']);

test('every collection is in the data map', () => {
  expect([...named()].filter((one) => !dataMap[one] && !passing.has(one)).toSorted()).toEqual([]);
});

test('no field has two classes', () => {
  for (const [collection, kept] of Object.entries(dataMap)) {
    const fields = (Object.keys(dataClassNames) as DataClass[]).flatMap((one) =>
      (kept[one] ?? '').split(/\s+/).filter(Boolean),
    );
    expect([collection, new Set(fields).size]).toEqual([collection, new Set(fields).size]);
    expect([collection, classesOf(collection)?.size]).toEqual([collection, new Set(fields).size]);
  }
});

/** `UPDATE=1 npm test -- test/data-map` writes it. */
test('docs/data-map.md is what the map says', () => {
  const rows = Object.entries(dataMap)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([collection, kept]) => {
      const classes = (Object.keys(dataClassNames) as DataClass[])
        .flatMap((one) =>
          kept[one] ? [`${dataClassNames[one]}：\`${kept[one].trim().split(/\s+/).join('` `')}\``] : [],
        )
        .join('；');
      return `| \`${collection}\` | ${classes} | ${kept.keeps} |`;
    });
  const page = [
    '# 資料地圖',
    '',
    '每一個集合的每一個欄位是哪一類資料、留到什麼時候。由 `src/domain/data-map.ts` 產生；資料庫裡出現沒有分類的欄位，測試不過。',
    '「身分」只在這裡列的地方；其他地方只認 `pid`，她離開後它不通向任何人。',
    '',
    '| 集合 | 欄位 | 留到什麼時候 |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  const file = join(root, 'docs', 'data-map.md');
  if (process.env['UPDATE']) writeFileSync(file, page);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(page);
});
