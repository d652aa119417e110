import { z } from 'zod';
import { type MassEntry, massMonthOf } from '../../../domain/pushes/calendar';
import { tellReason } from '../../../domain/pushes/reasons';
import { figure } from '../../../domain/pushes/tell-plan';
import { mostByHand, noteByHand } from '../../../domain/reach/by-hand';
import { beijingDay, beijingTime, dayMs, startOfBeijingDay } from '../../../kit/beijing';
import { faultOf } from '../../../wechat/api/errors';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, day, line, maybe, whole } from '../form';
import { form, table, tiles } from '../parts';
import { audienceOptions } from '../push-views';
import { slowly } from '../slowly';

const month = z.string().regex(/^20\d\d-(0[1-9]|1[0-2])$/, '月份寫成 2026-11');
const monthAsked = z.object({ month: maybe(month) });
const thisMonth = (now: number): string => beijingDay(now).slice(0, 7);

function otherMonth(of: string, by: number): string {
  const [year = 0, m = 1] = of.split('-').map(Number);
  return new Date(Date.UTC(year, m - 1 + by, 1)).toISOString().slice(0, 7);
}

function entryOf(entry: MassEntry) {
  switch (entry.kind) {
    case 'sent':
      return {
        tone: 'green',
        text: `發過：${entry.name || entry.push}`,
        note: `${entry.batches} 批，${figure(entry.people)} 人`,
        href: `/pushes/${entry.push}`,
      };
    case 'planned':
      return {
        tone: 'blue',
        text: `${beijingTime(entry.at)} ${entry.name || entry.push}`,
        note: entry.waits ? '等批准' : '排定',
        href: `/pushes/${entry.push}`,
      };
    case 'hand':
      return {
        tone: 'grey',
        text: '在微信後台發的',
        note: entry.people === undefined ? entry.by : `${entry.by}，${figure(entry.people)} 人`,
        href: '',
      };
  }
}

/** Whole weeks from Monday on; what is of another month is empty. */
function gridOf(of: string, entries: MassEntry[], clashes: ReadonlySet<string>, today: string) {
  const first = startOfBeijingDay(`${of}-01`);
  const last = startOfBeijingDay(`${otherMonth(of, 1)}-01`) - dayMs;
  const weekday = (at: number) => (new Date(at + 8 * 3_600_000).getUTCDay() + 6) % 7;
  const days = [];
  for (let at = first - weekday(first) * dayMs; at <= last + (6 - weekday(last)) * dayMs; at += dayMs) {
    const on = beijingDay(at);
    const own = entries.filter((one) => one.day === on).map(entryOf);
    days.push({
      on,
      no: Number(on.slice(8)),
      week: '一二三四五六日'.charAt(weekday(at)),
      other: !on.startsWith(of),
      today: on === today,
      free: own.length === 0,
      clash: clashes.has(on),
      entries: own,
    });
  }
  return days;
}

const monthOf = ({ services, now }: Visit, of: string) => massMonthOf(services, of, now);

export default [
  page(
    '/quota',
    may('quota.see'),
    { title: '額度日曆', menu: { group: 'reach', at: 30 }, template: 'quota', asks: monthAsked },
    async (visit, asked) => {
      const of = asked.month ?? thisMonth(visit.now);
      const { entries, clashes, perMonth, left } = await monthOf(visit, of);
      const count = (kind: MassEntry['kind']) => entries.filter((one) => one.kind === kind).length;
      const previews = await visit.services.pushes.previewsLeft();
      return {
        title: `額度日曆 ${of}`,
        month: of,
        before: otherMonth(of, -1),
        after: otherMonth(of, 1),
        tiles: tiles([
          { label: '發過', value: count('sent'), href: '/pushes?route=mass' },
          { label: '在微信後台發的', value: count('hand') },
          { label: '排定的', value: count('planned'), href: '/pushes?route=mass&state=scheduled' },
          {
            label: '每次都在對象裡的人',
            value: left >= 0 ? `還能收 ${left}` : `超出 ${-left}`,
            note: `一個人一個月最多 ${perMonth} 條`,
          },
          ...(previews === undefined ? [] : [{ label: '群發預覽今天還剩', value: previews }]),
        ]),
        clash: clashes.size > 0 ? `同一天不止一次：${[...clashes].toSorted().join('、')}。` : '',
        over: left < 0 ? `每次都在對象裡的人會超過 ${perMonth} 條：後面的 ${-left} 次到不了他們。` : '',
        days: gridOf(of, entries, clashes, beijingDay(visit.now)),
        nothing: entries.length === 0,
        hand: form({
          to: '/quota/by-hand',
          submit: '記下',
          fields: [
            {
              name: 'day',
              label: '哪一天',
              kind: 'day',
              required: true,
              value: of === thisMonth(visit.now) ? beijingDay(visit.now) : `${of}-01`,
            },
            {
              name: 'times',
              label: '那天在後台群發了幾次',
              kind: 'number',
              required: true,
              value: 1,
              help: `0 到 ${mostByHand}；記錯了再寫一次，後寫的算，0 是沒有。誰收到不知道，就當人人都收到`,
            },
          ],
        }),
        segments: (await audienceOptions(visit.services)).filter(({ value }) => value !== ''),
      };
    },
  ),
  act(
    '/quota/by-hand',
    may('quota.edit'),
    { what: '記下在微信後台的群發', asks: z.object({ day, times: whole(0, mostByHand) }) },
    async ({ services: { reach }, by, now }, asked) => {
      const { counts, told } = await noteByHand({ reach, now }, { ...asked, by });
      return done(
        [
          counts === 0
            ? `${asked.day} 在微信後台沒有群發過。`
            : `${asked.day} 在微信後台群發過 ${counts} 次，每個人的額度裡都算。`,
          ...(told.length > 0 ? [`其中 ${told.length} 次微信已經報過。`] : []),
        ].join(''),
        { to: `/quota?month=${asked.day.slice(0, 7)}`, after: { day: asked.day, times: counts } },
      );
    },
  ),
  /** How many have had how many, and who would go without: it reads everybody. */
  part(
    '/quota/over',
    may('quota.see'),
    { template: 'quota-over', asks: monthAsked },
    async (visit, asked) => {
      const of = asked.month ?? thisMonth(visit.now);
      return slowly(async () => {
        const [{ entries, perMonth }, used, byHand] = await Promise.all([
          monthOf(visit, of),
          visit.services.reach.massUsed(of),
          visit.services.reach.byHand(of),
        ]);
        const planned = entries.filter(({ kind }) => kind === 'planned').length;
        const over = [...used].reduce(
          (sum, [n, people]) => sum + (n + byHand + planned > perMonth ? people : 0),
          0,
        );
        const least = Math.max(1, perMonth - byHand - planned + 1);
        return {
          told:
            planned === 0
              ? '這個月沒有排定的群發。'
              : byHand + planned > perMonth
                ? `後台的 ${byHand} 次加上排定的 ${planned} 次，已經超過 ${perMonth} 條：每次都在對象裡的人，後面的收不到。`
                : `排定的 ${planned} 次都在對象裡的話，會超過 ${perMonth} 條、收不到最後幾次的：`,
          over: planned === 0 ? '' : figure(over),
          href: `/quota/people?month=${of}&least=${least}`,
          table: table({
            caption: '這個月收過幾條',
            columns: [{ label: '我們的群發收過' }, { label: '人數', number: true }],
            rows: [...used]
              .toSorted(([a], [b]) => b - a)
              .map(([n, people]) => [
                `${n} 條`,
                { text: figure(people), href: `/quota/people?month=${of}&least=${n}` },
              ]),
            empty: { title: '這個月還沒有人收過我們的群發', text: '發過了才有。' },
          }),
        };
      });
    },
  ),
  page(
    '/quota/people',
    may('quota.see'),
    {
      title: '這個月收得多的人',
      template: 'quota-people',
      asks: z.object({ month, least: whole(1, 20), cursor }),
    },
    async ({ services }, asked) => {
      const { pids, next } = await services.reach.massAtLeast(asked.month, asked.least, asked.cursor);
      const names = await services.names.nameOf(pids);
      return {
        month: asked.month,
        least: asked.least,
        table: table({
          caption: '收得多的人',
          columns: [{ label: '用戶' }, { label: '名字' }],
          rows: pids.map((pid) => [
            { text: pid, href: `/subscribers/${pid}` },
            { text: names.get(pid) ?? '', own: true },
          ]),
          path: '/quota/people',
          asked,
          next,
          empty: { title: '沒有人', text: '換一個月，或少幾條再看。' },
        }),
      };
    },
  ),
  /** What may be sent to them now, by route. */
  part(
    '/quota/reach',
    may('quota.see'),
    {
      template: 'quota-reach',
      asks: z.object({ to: line(200, 0).default('所有人'), sentence: line(2_000, 0).default('') }),
    },
    async ({ services: { pushes } }, asked) => {
      const { told, plan, sms, mail } = await slowly(() => pushes.reachOf(asked.sentence || asked.to));
      const { audience, byRoute, byReason, lookedAt } = plan;
      return {
        told,
        tiles: tiles([
          { label: '這群人', value: `${audience.exact ? '' : '約 '}${figure(audience.people)}` },
          { label: '現在能發客服消息', value: byRoute.customer ?? 0 },
          { label: '其餘能群發', value: byRoute.mass ?? 0 },
          { label: '願意收短信', value: sms },
          { label: '願意收郵件', value: mail },
        ]),
        sampled: lookedAt < audience.people ? `看了其中 ${figure(lookedAt)} 人推算。` : '',
        reasons: Object.entries(byReason)
          .filter(([, n]) => n > 0)
          .toSorted(([, a], [, b]) => b - a)
          .map(([why, n]) => `${tellReason(why)}：${figure(n)} 人`),
      };
    },
  ),
  page(
    '/quota/calls',
    may('quota.see'),
    {
      title: '接口用量',
      template: 'quota-calls',
      asks: z.object({ day: maybe(day), path: maybe(line(120)) }),
    },
    async ({ services: { quota }, now }, asked) => {
      const on = asked.day ?? beijingDay(now);
      const errorsTold = (errors: Record<string, number>) =>
        Object.entries(errors)
          .toSorted(([, a], [, b]) => b - a)
          .map(([code, n]) => {
            const why = code === 'network' ? '沒有回答' : `${faultOf(Number(code), '').reason}（${code}）`;
            return `${why} ${figure(n)} 次`;
          })
          .join('、');
      const limit = (path: string) => quota.limitOf(path);
      const share = (n: number, most: number | undefined) =>
        most === undefined ? '' : `每天 ${figure(most)}，用了 ${Math.round((n / most) * 100)}%`;
      const columns = [
        { label: asked.path ? '日子' : '接口' },
        { label: '次數', number: true },
        { label: '被拒', number: true },
        { label: '出了什麼錯' },
      ];
      if (asked.path) {
        const days = Array.from({ length: 60 }, (_, n) => beijingDay(now - n * dayMs));
        const found = await quota.ofPath(asked.path, days);
        return {
          title: '一個接口的每一天',
          day: on,
          lead: nameOf(asked.path),
          table: table({
            caption: '一天一天',
            columns,
            rows: days.flatMap((one) => {
              const calls = found.get(one);
              return calls
                ? [
                    [
                      { text: one, href: `/quota/calls?day=${one}` },
                      { text: figure(calls.n), note: share(calls.n, limit(asked.path ?? '')) },
                      calls.refused,
                      errorsTold(calls.errors),
                    ],
                  ]
                : [];
            }),
            empty: {
              title: '60 天裡沒有用過',
              text: '換一個接口看。',
              href: '/quota/calls',
              label: '看今天的',
            },
          }),
        };
      }
      const calls = await quota.list(on);
      return {
        day: on,
        lead: `${on}，一共 ${figure(calls.reduce((sum, { n }) => sum + n, 0))} 次。次數是我們自己數的；上限按基本檔，微信會隨粉絲數調高。`,
        table: table({
          caption: '接口用量',
          columns,
          rows: calls.map(({ path, n, refused, errors }) => [
            { text: nameOf(path), href: `/quota/calls?path=${encodeURIComponent(path)}`, note: path },
            { text: figure(n), note: share(n, limit(path)) },
            refused,
            errorsTold(errors),
          ]),
          path: '/quota/calls',
          asked: { day: asked.day },
          filters: [{ kind: 'day', name: 'day', label: '日子', value: asked.day }],
          empty: { title: '這天還沒有用過微信的接口', text: '發過推送、回過客服消息就有了。' },
        }),
      };
    },
  ),
];

const names: Record<string, string> = {
  '/cgi-bin/message/custom/send': '客服消息',
  '/cgi-bin/message/template/send': '模板消息',
  '/cgi-bin/message/subscribe/bizsend': '訂閱通知',
  '/cgi-bin/message/mass/send': '群發（按名單）',
  '/cgi-bin/message/mass/sendall': '群發（按標籤）',
  '/cgi-bin/message/mass/preview': '群發預覽',
  '/cgi-bin/stable_token': '取接口憑證',
  '/cgi-bin/user/get': '拉關注者名單',
  '/cgi-bin/user/info': '看一位用戶',
  '/cgi-bin/menu/create': '發布菜單',
  '/cgi-bin/menu/get': '讀菜單',
  '/cgi-bin/media/upload': '上傳素材',
  '/cgi-bin/media/get': '取素材',
  '/cgi-bin/qrcode/create': '做二維碼',
};
const nameOf = (path: string): string => names[path] ?? path;
