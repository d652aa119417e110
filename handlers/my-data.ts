import { choice, form, means, says } from '../src/bot/bot';

/** 刪除要她再說一次；刪掉就回不來了。 */
const forgetMe = form(
  'forget-me',
  {
    sure: choice(
      '刪除以後，你的積分、問過的話、告訴過我們的事都沒有了，找不回來。還沒寄出的獎品，收件資料留到寄出為止；進行中的活動，名次和獎品留到活動結束。要刪除嗎？',
      ['刪除', '不刪'],
      '刪除還是不刪',
      { 刪除: ['是', '確定', '確認', '要', '刪'], 不刪: ['否', '不', '不要', '不刪除', '算了'] },
    ),
  },
  ({ params, fan, at, later, render }) => {
    if (params.sure === '不刪') return render('my-data-kept');
    later('erase', { fan: fan.key, pid: fan.pid, upTo: at, leftAt: at });
    return render('my-data-gone');
  },
);

/** 「我的資料」：記了她什麼、從哪裡知道的，完整的一份在連結裡；「刪除我的資料」：全部刪掉。 */
export default [
  forgetMe,

  says(
    ['我的資料', '我的數據', '我的個人資料', '導出我的資料', '下載我的資料'],
    async ({ fan, upkeep, copies, render }) => {
      const copy = await upkeep.copy({ fan: fan.key, pid: fan.pid });
      const [reach] = (copy['reach'] ?? []) as { quiet?: boolean }[];
      const told = (copy['attributes'] ?? []) as { name: string; value: string; source: string }[];
      return render('my-data', {
        city: fan.city?.name ?? '',
        script: fan.script,
        told: told.map(({ name, value, source }) => ({ name, value, from: source.split(':')[0] ?? '' })),
        counts: countsOf(copy),
        quiet: reach?.quiet ?? false,
        link: copies.linkFor(fan.pid),
      });
    },
  ),
  means('我的資料', {
    3: '我的資料 我的數據 個人資料 個人信息 我的信息 你知道我什麼 記了我什麼 存了我什麼 有我什麼資料',
  }),

  says(['刪除我的資料', '刪掉我的資料', '刪除我的數據', '註銷帳號', '注銷賬號'], ({ ask }) => ask(forgetMe)),
  means('刪除我的資料', {
    4: `
      刪除我的資料 刪掉我的資料 刪我的資料 刪除我的數據 刪除資料 刪除數據 刪除個人信息 刪除賬號 刪除帳號 註銷 注銷
      註銷賬號 注銷賬號 銷號 忘了我
    `,
  }),
];

const named: Record<string, string> = {
  messages: '說過的話',
  prizes: '獎品',
  movements: '積分變動',
  claims: '收件資料',
  bindings: '手機綁定',
  smsConsents: '優惠短信訂閱',
  mailConsents: '優惠郵件訂閱',
  purchases: '綁定後認出的訂單',
  pushes: '發給你的推送',
};

const countsOf = (copy: Record<string, readonly object[]>) =>
  Object.entries(named).flatMap(([collection, name]) => {
    const n = copy[collection]?.length ?? 0;
    return n > 0 ? [{ name, n }] : [];
  });
