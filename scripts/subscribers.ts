/*
 * `npm run subscribers -- COMMAND`: who follows, as WeChat says and as we know it. Works beside a running program and without one.
 */
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { profileOf, timelineOf } from '../src/domain/people/profile';
import { stageNames } from '../src/domain/stages/stage-rules';
import { eraseNow } from '../src/domain/subscribers/subscribers.jobs';
import { type SyncReport, tellSync } from '../src/domain/subscribers/walk';
import { AppError, messageOf } from '../src/errors';
import { beijingMoment } from '../src/kit/beijing';
import { isWechatError } from '../src/wechat/api/errors';
import { createUsers } from '../src/wechat/api/users';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';
import { askedAccount } from './wechat/account';

const help = `用法：npm run subscribers -- sync|count [--remove]
  sync   照微信的關注者名單補齊：不認識的記下來，已經走了的照取消關注移除；中斷了再執行一次就接著做
         --remove  走了的人多得不尋常（可能是帳號設錯）時也移除
  count  有多少訂閱者，上一次同步做到哪裡
       npm run subscribers -- show|export|erase|note 人 …    人 = pid 或 openid
  show   她是誰、做過什麼：檔案和時間線，每一件都有出處
  note   人 文字 [--by 姓名]：給她寫一條備註，她自己的副本裡看得到
  export 人 --out 檔案.json：她的資料的完整副本
  erase  人 --yes：刪除她的一切，和她自己說「刪除我的資料」一樣`;

const few = (n: number): string => n.toLocaleString('en');

async function sync(remove: boolean): Promise<number> {
  const { client, notice, explain } = askedAccount('subscribers');
  if (notice) console.log(notice);
  return withServices('subscribers', async ({ services: { subscriberSync, subscribers } }) => {
    const onStep = (so: SyncReport) =>
      console.log(
        so.state === 'walking' ? `第 ${so.pages} 頁：${tellSync(so)} …` : `${tellSync(so)}；看誰走了 …`,
      );
    const done = await subscriberSync
      .run({ users: createUsers({ client }), remove, onStep })
      .catch((error: unknown) => Promise.reject(isWechatError(error) ? goesOn(explain(error)) : error));
    if (done.state === 'tomorrow') {
      console.log(`${tellSync(done)}。今天查名單的次數用完了，明天再執行一次就從這裡接著做。`);
      return 1;
    }
    console.log(
      `同步完成：${tellSync(done)}，移除走了的 ${few(done.gone)} 位；現在有 ${few(await subscribers.count())} 位訂閱者。`,
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
        `${beijingMoment(last.endedAt.getTime())} 同步過：${tellSync(last)}，移除 ${few(last.gone)} 位`,
      );
    else
      console.log(`${beijingMoment(last.began)} 開始的同步還沒有做完（${tellSync(last)}）：再執行一次 sync`);
    return 0;
  });

const show = (who: string): Promise<number> =>
  withServices('subscribers', async ({ services }) => {
    const her = await services.subscribers.mustFind(who);
    const copy = await services.upkeep.copy(her);
    const names = {
      city: (id: string) => services.cities.get(id)?.name,
      stage: (code: string) => stageNames[code as keyof typeof stageNames],
    };
    console.log([her.pid, ...profileOf(copy, names).map((line) => `  ${line}`), '時間線'].join('\n'));
    for (const { at, what } of timelineOf(copy, names)) console.log(`  ${beijingMoment(at)}　${what}`);
    return 0;
  });

const exportOne = (who: string, out: string): Promise<number> =>
  withServices('subscribers', async ({ services }) => {
    if (!/\.json$/.test(out))
      throw new AppError('Invalid', 'subscribers.out', '請用 --out 給一個 .json 檔案。');
    const copy = await services.upkeep.copy(await services.subscribers.mustFind(who));
    await writeFile(out, `${JSON.stringify(copy, null, 2)}\n`, { flag: 'wx', mode: 0o600 }).catch(
      (cause: unknown) => {
        throw new AppError('Conflict', 'subscribers.out', `${out} 已經有了，或不能寫在那裡；請換一個檔名。`, {
          cause,
        });
      },
    );
    console.log(`已寫好 ${out}：${Object.values(copy).flat().length} 筆，含完整個人資料，請妥善保管。`);
    return 0;
  });

const eraseOne = (who: string, sure: boolean): Promise<number> =>
  withServices('subscribers', async ({ services }) => {
    const her = await services.subscribers.mustFind(who);
    if (!sure) {
      console.log(`${her.pid} 的一切都會刪除，找不回來。確定就加上 --yes。`);
      return 1;
    }
    await eraseNow(services, her);
    console.log(`刪除了 ${her.pid}；五分鐘後會再清一次正在寫的。`);
    return 0;
  });

const note = (who: string, words: string, by: string): Promise<number> =>
  withServices('subscribers', async ({ services }) => {
    const { pid } = await services.subscribers.mustFind(who);
    await services.notes.write({ pid, words, by });
    console.log('記下了。');
    return 0;
  });

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      remove: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      out: { type: 'string', default: '' },
      yes: { type: 'boolean', default: false },
      by: { type: 'string', default: userInfo().username },
    },
  });
  const [command, who = '', words = '', ...more] = positionals;
  if (command === 'sync') return sync(values.remove);
  if (command === 'count') return count();
  const one = who !== '' && more.length === 0;
  if (command === 'note' && one && words !== '') return note(who, words, values.by);
  if (one && words === '') {
    if (command === 'show') return show(who);
    if (command === 'export') return exportOne(who, values.out);
    if (command === 'erase') return eraseOne(who, values.yes);
  }
  console.log(help);
  return values.help ? 0 : 2;
}

void runCommand(main);
