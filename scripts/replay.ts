/*
 * `npm run replay -- outbox|inbox ID`: what was put aside after its tries has them again. Shows it only, unless told `--yes`.
 * Works beside a running program and without one.
 */
import { parseArgs } from 'node:util';
import { withServices } from '../src/with-services';
import { Misuse, runCommand } from './command-line';

const usage = `用法：npm run replay -- outbox|inbox 編號 [--yes]
  outbox  一件擱置的任務（試了五次都失敗，或者進程一再死在它手上）
  inbox   一條隔離的消息（三次都沒有處理成）
  先修好原因。不加 --yes 只看不做；編號見 npm run doctor。`;

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { yes: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [where, id, ...more] = positionals;
  if ((where !== 'outbox' && where !== 'inbox') || id === undefined || more.length > 0) throw new Misuse();
  return withServices('replay', async ({ services: { outbox, inbox } }) => {
    const reason = where === 'outbox' ? await outbox.putAsideFor(id) : await inbox.quarantinedFor(id);
    if (reason === undefined) {
      console.error(`${where} 裡沒有擱置的 ${id}：可能已經重放過，或過了 30 天。現有的見 npm run doctor。`);
      return 1;
    }
    console.log(`${where} ${id} 擱置的原因：${reason}`);
    if (!values.yes) {
      console.log('修好原因後，加上 --yes 就重放。');
      return 0;
    }
    await (where === 'outbox' ? outbox.replay(id) : inbox.replay(id));
    console.log('已放回去，worker 會在一分鐘內接手。');
    return 0;
  });
}

void runCommand(main, () => usage);
