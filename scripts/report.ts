/* `npm run report -- cube`: numbers for the people behind the account. Beside a running program or without one. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';
import { checkFiles, reportCube } from './report/cube';

const usage = `用法：
  npm run report -- cube                    消費者資產立方體，此刻：寬（多少人、認識多少）、長（在一起多久）、高（帶來多少）、階段
  npm run report -- cube --day 2026-12-01   那一天 04:00 留下的
  npm run report -- cube --svg 檔案.svg --csv 檔案.csv   畫成一張圖，寫成一張表；已有的檔案不覆寫`;

async function main(argv: string[]): Promise<number> {
  const asked = readArguments(argv);
  const { day, ...files } = asked?.values ?? {};
  if (asked?.positionals.join(' ') !== 'cube' || !z.iso.date().optional().safeParse(day).success) {
    console.error(usage);
    return 2;
  }
  checkFiles(files);
  await withServices('report', ({ services }) => reportCube(services.cube, day, files));
  return 0;
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

void runCommand(main);
