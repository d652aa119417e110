/* `npm run report -- cube`: numbers for the people behind the account. Beside a running program or without one. */
import { createWriteStream, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Compared, Cube } from '../src/domain/cube/cube';
import { cubeColumns, tableOf, tellCube } from '../src/domain/cube/lines';
import { drawCube } from '../src/domain/cube/picture';
import { AppError, messageOf } from '../src/errors';
import { writeSheet } from '../src/sheets/sheet';
import { withServices } from '../src/with-services';

const usage = `用法：
  npm run report -- cube                           消費者資產立方體，此刻：寬（多少人、認識多少）、長（在一起多久）、高（帶來多少）、階段
  npm run report -- cube --day 2026-12-01          某一天 04:00 留下的
  npm run report -- cube --svg 檔案.svg --csv 檔案.csv   畫成一張圖，寫成一張表；已有的檔案不覆寫`;

type Files = { svg?: string; csv?: string };

async function main(argv: string[]): Promise<number> {
  const asked = readArguments(argv);
  const { day, svg, csv } = asked?.values ?? {};
  if (
    asked?.positionals.join(' ') !== 'cube' ||
    (day !== undefined && !z.iso.date().safeParse(day).success)
  ) {
    console.error(usage);
    return 2;
  }
  const files: Files = { ...(svg === undefined ? {} : { svg }), ...(csv === undefined ? {} : { csv }) };
  for (const file of Object.values(files))
    if (existsSync(file)) throw new AppError('Conflict', 'report.file', `${file} 已經有了，請換一個檔名。`);
  return withServices('report', async ({ services: { cube } }) => {
    await write(cube, await cube.read(day), files);
    return 0;
  });
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { day: { type: 'string' }, svg: { type: 'string' }, csv: { type: 'string' } },
    });
  } catch {
    return undefined;
  }
}

async function write({ stages }: Cube, compared: Compared, { svg, csv }: Files): Promise<void> {
  if (svg !== undefined) {
    await writeFile(svg, await drawCube(compared, stages), { flag: 'wx' });
    console.log(`已畫好 ${svg}，用瀏覽器打開看。`);
  }
  if (csv !== undefined) {
    const lines = tableOf(compared, stages);
    const rows = (async function* () {
      yield* lines;
    })();
    const out = createWriteStream(csv, { flags: 'wx' });
    await writeSheet({ format: 'csv', columns: cubeColumns, rows, out, about: [] });
    console.log(`已寫好 ${csv}，共 ${lines.length} 行。`);
  }
  if (svg === undefined && csv === undefined)
    for (const line of tellCube(compared, stages)) console.log(line);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
