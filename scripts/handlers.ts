/*
 * `npm run handlers`: which words, taps and events are answered, and by which file. `-- why 'sentence'`: how a sentence comes to
 * its answer. `-- misses`: what people asked and nobody could answer.
 */
import { checkMenu, loadHandlers } from '../src/bot/discover';
import type { Rules } from '../src/bot/rules';
import { explain } from '../src/bot/understanding/explain';
import { createUnderstanding } from '../src/bot/understanding/understanding';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const usage = `用法：
  npm run handlers                         哪些話、按鈕和事件有人答，由哪個檔案答
  npm run handlers -- why '明天去西安的火車' [前一句]   一句話聽出了什麼、哪個主題幾分、怎麼決定的
  npm run handlers -- misses [幾條]          粉絲問了、沒有人答得上來的，多的在前`;

async function main([what, ...words]: string[]): Promise<number> {
  const rules = loadHandlers();
  if (what === undefined) return list(rules);
  if (what === 'why' && words[0] !== undefined) return why(rules, words[0], words[1]);
  if (what === 'misses') return misses(Number(words[0] ?? 50));
  console.error(usage);
  return 2;
}

function list(rules: Rules): number {
  const rows = rules.table.toSorted((a, b) => a.file.localeCompare(b.file));
  const width = Math.max(...rows.map((row) => row.file.length));
  let last = '';
  for (const { file, claim } of rows) {
    console.log(`${(file === last ? '' : file).padEnd(width)}  ${claim}`);
    last = file;
  }
  checkMenu(rules);
  const files = new Set(rows.map((row) => row.file)).size;
  console.log(`\n${files} 個檔案，${rows.length} 條；菜單的每個 key 都有人認領。`);
  return 0;
}

async function why(rules: Rules, said: string, before: string | undefined): Promise<number> {
  const exact = rules.forText(said);
  if (exact)
    console.log(
      exact.slots.length === 0
        ? `決定　　${exact.file}：字面上就是它的話，不用猜。要是沒有它，會這樣聽：`
        : `字面上　像 ${exact.file} 的話：空格裡是認得的名字就由它答，不然照下面的意思`,
    );
  return withServices('handlers', async ({ services, clock }) => {
    if (services.cities.all().length === 0)
      console.log('城市表還是空的：先 npm start 一次，或 npm run import -- sample，名字才認得出來。');
    const understanding = createUnderstanding(rules.topics, services);
    const found = await understanding.understand(said, { at: clock.now(), before: async () => before });
    for (const line of explain(found)) console.log(line);
    return 0;
  });
}

async function misses(limit: number): Promise<number> {
  if (!Number.isInteger(limit) || limit < 1) {
    console.error(usage);
    return 2;
  }
  return withServices('handlers', async ({ services }) => {
    const top = await services.misses.top(limit);
    for (const { n, sample = '', parts = [] } of top)
      console.log(
        `${String(n).padStart(5)} 次  ${sample}${parts.length > 0 ? `  （聽出：${parts.join('，')}）` : ''}`,
      );
    if (top.length === 0) console.log('沒有。只有一個人說過的話不留下原文，兩個人以上說過的才在這裡。');
    return 0;
  });
}

void runCommand(main);
