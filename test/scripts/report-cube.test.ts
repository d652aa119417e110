import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFiles, reportCube } from '../../scripts/report/cube';
import type { Compared } from '../../src/domain/cube/cube';
import { cubeOf } from '../../src/domain/cube/cube-day';

const dir = mkdtempSync(join(tmpdir(), 'report-cube-'));
afterAll(() => rmSync(dir, { recursive: true }));

const sums = { people: 2, days: 80, purchases: 0, spentFen: 0, points: 7 };
const known = { gender: 1, birthday: 0, city: 0, phone: 0, asked: 0 };
const now = cubeOf([{ band: 1, kind: 'engagement', fifth: 0, ...sums, ...known }], {
  ...{ day: '2026-12-01', at: new Date('2026-11-30T20:00:00Z'), stages: {} },
});
const cube = {
  read: async (): Promise<Compared> => ({ now }),
  stages: [{ code: 'found', name: '發現', isFed: true, fedBy: '關注或掃碼' }],
};
async function said(files: Parameters<typeof reportCube>[2]): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
  try {
    checkFiles(files);
    await reportCube(cube, undefined, files);
    return lines.join('\n');
  } finally {
    log.mockRestore();
  }
}

test('without files it is told in the terminal; nobody who is not judged is put anywhere', async () => {
  const told = await said({});
  expect(told).toMatch(/知道性別 +1 人 {2}50%/);
  expect(told).toMatch(/積分還沒有評分 +2 人/);
  expect(told).toMatch(/發現 +還沒有判斷過/);
  expect(told).not.toContain('最高的五分之一');
});

test('a picture and a table are written once: what is there stays as it is', async () => {
  const [svg, csv] = [join(dir, 'cube.svg'), join(dir, 'cube.csv')];
  expect(await said({ svg, csv })).toMatch(/已畫好 .*cube\.svg.*\n已寫好 .*cube\.csv/);
  expect(readFileSync(svg, 'utf8')).toContain('還沒有判斷過');
  expect(readFileSync(csv, 'utf8')).toContain('寬,知道性別,1,50');
  writeFileSync(csv, 'mine');
  await expect(said({ csv })).rejects.toThrow('cube.csv 已經有了，請換一個檔名');
  await expect(said({ svg: join(dir, 'new.svg'), csv })).rejects.toThrow('已經有了');
  expect(readdirSync(dir).toSorted()).toEqual(['cube.csv', 'cube.svg']);
  await expect(reportCube(cube, undefined, { csv })).rejects.toThrow('EEXIST');
  expect(readFileSync(csv, 'utf8')).toBe('mine');
});

test('no such folder, and one file for both, are said before anything is counted', () => {
  expect(() => checkFiles({ svg: join(dir, 'no/such/cube.svg') })).toThrow('沒有這個資料夾');
  expect(() => checkFiles({ svg: join(dir, 'both'), csv: join(dir, 'both') })).toThrow('同一個檔案');
});
