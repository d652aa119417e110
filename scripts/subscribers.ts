/*
 * `npm run subscribers -- COMMAND`: who follows, as WeChat says and as we know it. Works beside a running program and without one.
 */
import { parseArgs } from 'node:util';
import type { SyncReport } from '../src/domain/subscribers/sync';
import { messageOf } from '../src/errors';
import { beijingMoment } from '../src/kit/beijing';
import { isWechatError } from '../src/wechat/api/errors';
import { createUsers } from '../src/wechat/api/users';
import { withServices } from '../src/with-services';
import { askedAccount } from './wechat/account';

const help = `用法：npm run subscribers -- sync|count [--remove]
  sync   照微信的關注者名單補齊：不認識的記下來，已經走了的照取消關注移除；中斷了再執行一次就接著做
         --remove  走了的人多得不尋常（可能是帳號設錯）時也移除
  count  有多少訂閱者，上一次同步做到哪裡`;

const few = (n: number): string => n.toLocaleString('en');

const told = ({ listed, total, met }: SyncReport): string =>
  `微信名單上 ${few(total)} 位，看過 ${few(listed)} 位，新認識 ${few(met)} 位`;

async function sync(remove: boolean): Promise<number> {
  const { client, notice, explain } = askedAccount('subscribers');
  if (notice) console.log(notice);
  return withServices('subscribers', async ({ services: { subscriberSync, subscribers } }) => {
    const onStep = (so: SyncReport) =>
      console.log(so.state === 'walking' ? `第 ${so.pages} 頁：${told(so)} …` : `${told(so)}；看誰走了 …`);
    const done = await subscriberSync
      .run({ users: createUsers({ client }), remove, onStep })
      .catch((error: unknown) => Promise.reject(isWechatError(error) ? goesOn(explain(error)) : error));
    if (done.state === 'tomorrow') {
      console.log(`${told(done)}。今天查名單的次數用完了，明天再執行一次就從這裡接著做。`);
      return 1;
    }
    console.log(
      `同步完成：${told(done)}，移除走了的 ${few(done.gone)} 位；現在有 ${few(await subscribers.count())} 位訂閱者。`,
    );
    return 0;
  });
}

const goesOn = (error: unknown): Error =>
  new Error(`${messageOf(error)}\n做到的都記下了；排除之後再執行一次，就從這裡接著做。`);

const count = (): Promise<number> =>
  withServices('subscribers', async ({ services: { subscriberSync, subscribers } }) => {
    console.log(`${few(await subscribers.count())} 位訂閱者`);
    const last = await subscriberSync.last();
    if (!last) console.log('還沒有和微信的名單同步過：npm run subscribers -- sync');
    else if (last.endedAt)
      console.log(
        `${beijingMoment(last.endedAt.getTime())} 同步過：${told(last)}，移除 ${few(last.gone)} 位`,
      );
    else console.log(`${beijingMoment(last.began)} 開始的同步還沒有做完（${told(last)}）：再執行一次 sync`);
    return 0;
  });

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { remove: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [command] = positionals;
  if (command === 'sync') return sync(values.remove);
  if (command === 'count') return count();
  console.log(help);
  return values.help ? 0 : 2;
}

void (async () => {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
})();
