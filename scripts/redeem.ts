/* `npm run redeem -- 碼 --by 姓名 --at 地點`: staff check a coupon, once. Works beside a running program and without one. */
import { parseArgs } from 'node:util';
import { tellRedeemed } from '../src/domain/prizes/redeem';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const usage = '用法：npm run redeem -- 碼 --by 姓名 --at 地點';

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (!asked) {
    console.error(usage);
    return 2;
  }
  return withServices('redeem', async ({ services }) => {
    const answer = await services.prizes.redeem(asked.code, asked.who);
    console.log(tellRedeemed(answer));
    return answer.kind === 'used' ? 0 : 1;
  });
}

/** A code may come in its groups of four, as separate words. */
function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { by: { type: 'string' }, at: { type: 'string' } },
    });
    const [by = '', at = ''] = [values.by?.trim(), values.at?.trim()];
    return positionals.length > 0 && by !== '' && at !== ''
      ? { code: positionals.join(''), who: { by, at } }
      : undefined;
  } catch {
    return undefined;
  }
}

void runCommand(main);
