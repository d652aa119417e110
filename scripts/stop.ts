/* `npm run stop`: ends the program that runs on this data, or what is left of one that was killed. */
import { loadConfig } from '../src/config';
import { stopAll } from '../src/store/engines';
import { runCommand } from './command-line';

const usage = `用法：npm run stop
  停下正在用 DATA_DIR 的小藝；被強行結束的，把它留下的資料庫程式停好。資料都還在。`;

async function main(args: string[]): Promise<number> {
  if (args.length > 0) {
    console.log(usage);
    return args.includes('--help') ? 0 : 2;
  }
  const { dataDir, DATA_DIR } = loadConfig();
  const found = await stopAll(dataDir, (line) => console.log(line));
  console.log(found ? `停好了，資料在 ${DATA_DIR}。` : `沒有程式在用 ${DATA_DIR}，不用停。`);
  return 0;
}

void runCommand(main);
