import { createWriteStream, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Cube } from '../../src/domain/cube/cube';
import { cubeColumns, tableOf, tellCube } from '../../src/domain/cube/lines';
import { drawCube } from '../../src/domain/cube/picture';
import { AppError } from '../../src/errors';
import { writeSheet } from '../../src/sheets/sheet';

/** Where a picture and a table go. */
export type Files = { svg?: string | undefined; csv?: string | undefined };

/**
 * Before anything is counted.
 * @throws AppError Conflict when something is there already, NotFound when there is no such folder
 */
export function checkFiles({ svg, csv }: Files): void {
  for (const file of [svg, csv]) {
    if (file === undefined) continue;
    if (existsSync(file)) throw new AppError('Conflict', 'report.file', `${file} 已經有了，請換一個檔名。`);
    if (!existsSync(dirname(resolve(file))))
      throw new AppError(
        'NotFound',
        'report.folder',
        `沒有這個資料夾：${dirname(file)}，請先建好，或換一個地方。`,
      );
  }
  if (svg !== undefined && csv !== undefined && resolve(svg) === resolve(csv))
    throw new AppError('Conflict', 'report.file', '圖和表不能是同一個檔案，請換一個檔名。');
}

/** Draws and writes what was asked for; without files it is told in the terminal. `wx`: what came meanwhile stays. */
export async function reportCube(cube: Pick<Cube, 'read' | 'stages'>, day: string | undefined, files: Files) {
  const { svg, csv } = files;
  const { stages } = cube;
  const compared = await cube.read(day);
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
