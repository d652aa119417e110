/* `npm run doctor`: what is in order, what is not, and what to do. Ends with 1 when something must be done. */
import { examine } from '../src/doctor';
import { runCommand } from './command-line';

const marks = { good: '✓', note: '·', bad: '✗' } as const;
const usage = `用法：npm run doctor
  逐項檢查設定、小藝是否在跑、處理程式、MongoDB、索引、時鐘、積壓、Redis 和公眾號；每個問題都說怎麼辦。
  ✓ 正常　· 供參考　✗ 要處理（以 1 結束）`;

async function main(args: string[]): Promise<number> {
  if (args.length > 0) {
    console.log(usage);
    return args.includes('--help') ? 0 : 2;
  }
  const findings = await examine();
  for (const { state, what, todo } of findings)
    console.log(`${marks[state]} ${what}${todo ? `\n    → ${todo}` : ''}`);
  const count = (state: keyof typeof marks) => findings.filter((one) => one.state === state).length;
  const wrong = count('bad');
  console.log(
    `\n${wrong === 0 ? '沒有要處理的問題' : `有 ${wrong} 個問題要處理`}（正常 ${count('good')} 項，供參考 ${count('note')} 項）。`,
  );
  return wrong === 0 ? 0 : 1;
}

void runCommand(main);
