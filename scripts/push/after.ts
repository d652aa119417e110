import type { Delivery } from '../../src/domain/pushes/deliveries';
import { type PushRow, routeNames, routeWords } from '../../src/domain/pushes/push';
import { tellReason } from '../../src/domain/pushes/reasons';
import type { ByVariant } from '../../src/domain/pushes/report';
import { figure, tellReasons } from '../../src/domain/pushes/tell-plan';
import { versionsOn } from '../../src/domain/pushes/ways';
import { afterQuiet } from '../../src/domain/pushes/when';
import type { MassSend } from '../../src/domain/reach/reach';
import { AppError } from '../../src/errors';
import { beijingDay, beijingMoment, momentAt, startOfBeijingDay } from '../../src/kit/beijing';
import { fileFor } from '../../src/sheets/named-files';
import { type Asked, type Command, call } from './command';
import { exceptOf } from './make';
import { nextSteps, tellNobody, tellProgress, tellPush } from './tell';

/** What became of a push, and the month's mass sends. */
export const afterwards: Record<string, Command> = {
  report: {
    args: ['編號'],
    help: '結果：多少人收到、為什麼沒收到、各版各路、群發的回報、點開的、回來的',
    run: report,
  },
  missed: {
    args: ['編號'],
    help: '沒收到的人，按原因；--list 列出來，--out 檔案.csv 導出（只有 pid，有記錄），--reason 只看一種',
    async run({ services, values, args: [id = ''] }) {
      const { pushes } = services;
      const { counts, push } = await pushes.status(id);
      if (!push.frozen) {
        console.log(push.state === 'cancelled' ? tellNobody : '還沒有開始發。');
        return 0;
      }
      const total = Object.values(counts.reasons).reduce((sum, n) => sum + n, 0);
      const [reason, ...more] = reasonsOf(values.reason, counts.reasons) ?? [];
      const shown = reason === undefined ? counts.reasons : { [reason]: counts.reasons[reason] ?? 0 };
      if (total > 0) console.log(`沒收到的 ${figure(total)} 人${reason === undefined ? '' : '裡'}：`);
      else console.log('到現在沒有漏掉誰：都收到了，或交給群發了。');
      for (const why of tellReasons(shown)) console.log(`  ${why}`);
      if (more.length > 0)
        throw new AppError(
          'Invalid',
          'push.reason',
          `一次看一種；「${values.reason.join('、')}」說的有：${[reason ?? '', ...more].map(tellReason).join('；')}。`,
        );
      if (values.list) {
        const some = await pushes.missed(id, { ...(reason === undefined ? {} : { reason }), limit: 50 });
        const names = await services.names.nameOf(some.map(({ pid }) => pid));
        for (const one of some)
          console.log(`${one.pid}　${names.get(one.pid) ?? ''}　${tellReason(one.reason ?? '')}`);
        if (some.length === 50) console.log('只列前 50 個；全部的用 --out 檔案.csv。');
      }
      if (values.out !== '') {
        const rows = pushes.missedRows(id, reason);
        const take = { ...(await fileFor(values.out)), by: values.by };
        const { rows: n } = await services.exports.missed({ push: id, reason, columns, rows }, take);
        console.log(`已寫好 ${values.out}：${n} 人。`);
      }
      if (total > 0 && !values.list && values.out === '')
        console.log(`補發給他們：${call(`again ${id} 新編號`)}，加 --reason 原因 只補一種`);
      return 0;
    },
  },
  again: {
    args: ['編號', '新編號'],
    help: '補發給沒收到的人，寫成新的草稿；--reason 原因 只補那一種，可以幾個',
    async run({ services: { pushes }, values, args: [id = '', next = ''], clock }) {
      const { counts, push } = await pushes.status(id);
      if (!push.frozen && push.state === 'cancelled')
        throw new AppError('Conflict', 'push.none-missed', tellNobody);
      if (!/^[a-z0-9][a-z0-9-]{0,23}$/.test(next))
        throw new AppError('Invalid', 'push.id', '新編號只能用小寫字母、數字和連字號，最多 24 個字。');
      const reasons = reasonsOf(values.reason, counts.reasons);
      if (Object.keys(counts.reasons).length === 0)
        throw new AppError('NotFound', 'push.none-missed', `「${id}」沒有漏掉誰，不用補發。`);
      const row = await pushes.again(id, { id: next, by: values.by, ...(reasons ? { reasons } : {}) });
      const { people } = await pushes.audienceOf(next);
      console.log(tellPush(row));
      console.log(
        `對象：「${id}」沒收到的 ${figure(people)} 人${reasons ? `（${reasons.map(tellReason).join('、')}）` : ''}`,
      );
      for (const step of nextSteps(row, clock.now())) console.log(step);
      return 0;
    },
  },
  calendar: {
    args: ['2026-11'],
    maybe: 1,
    help: '這個月的群發：發過的、排定的、在微信後台發的',
    run: calendar,
  },
  'by-hand': {
    args: ['2026-11-20', '次數'],
    maybe: 1,
    help: '記下那天在微信後台群發過（不寫次數就是一次，0 是沒有）：每個人的四條裡要算',
    run: byHand,
  },
};

const columns = [
  { title: 'pid', of: ({ pid }: Delivery) => pid, width: 26 },
  { title: '路線', of: ({ route }: Delivery) => routeWords[route] },
  { title: '原因', of: ({ reason }: Delivery) => tellReason(reason ?? ''), width: 40 },
];

async function report({ services, args: [id = ''], clock }: Asked): Promise<number> {
  const { pushes, subscribers, prizes } = services;
  const status = await pushes.status(id);
  const { push, state, counts, people, waiting } = status;
  console.log(tellPush(push, state));
  console.log(
    `對象：${pushes.tellAudience(push)}${exceptOf(push.audience.rule ? [] : push.audience.except)}`,
  );
  if (!push.frozen) {
    if (push.state !== 'cancelled') console.log('還沒有開始發。');
    for (const step of nextSteps(push, clock.now())) console.log(step);
    return 0;
  }
  console.log(tellProgress(status));
  const { sent, handed, failed, unknown, skipped } = counts;
  console.log(
    `名單 ${figure(people)} ＝ 發出 ${figure(sent)} ＋ 交給群發 ${figure(handed)} ＋ 失敗 ${figure(failed)} ＋ 不明 ${figure(unknown)} ＋ 沒發 ${figure(skipped)} ＋ 還沒輪到 ${figure(waiting)}`,
  );
  for (const why of tellReasons(counts.reasons)) console.log(`  ${why}`);

  console.log('各版各路：');
  for (const { told, route, people: n, clicked, failed: lost } of byWords(push, await pushes.byVariant(id))) {
    // Of a mass message, which is the same for all, only how often it was opened is known.
    const rate =
      n > 0 && push.links.length > 0 && route !== 'mass'
        ? `，點開 ${figure(clicked)}（${((clicked / n) * 100).toFixed(1)}%）`
        : '';
    console.log(
      `  ${routeWords[route]}${told}：${route === 'mass' ? '交給群發' : '到'} ${figure(n)}${rate}${lost > 0 ? `，失敗或不明 ${figure(lost)}` : ''}`,
    );
  }

  for (const [n, url] of push.links.entries()) {
    const clicks = await services.links.clicksEver({ kind: 'push', ref: `${id}/${n}` });
    console.log(`  連結 ${url}：點了 ${figure(clicks)} 次`);
  }

  const batches = await pushes.massOf(id);
  if (batches.length > 0) console.log('群發的批次（微信只給總數，不說是誰）：');
  for (const { people: n, msgId, why, report: said } of batches)
    console.log(
      `  交了 ${figure(n)} 人　${said ? `微信回報：發到 ${figure(said.sent)}、過濾 ${figure(said.total - said.filtered)}、失敗 ${figure(said.error)}（${massWords(said.status)}）` : msgId ? '微信還沒有回報' : (why ?? '還沒有交給微信')}`,
    );

  let back = 0;
  let used = 0;
  for await (const some of pushes.reached(id)) {
    back += await subscribers.backSince(some);
    used += await prizes.awards.usedSince(some);
  }
  const reached = sent + handed;
  const rate = reached > 0 ? `（${((back / reached) * 100).toFixed(1)}%）` : '';
  console.log(
    `發出之後回來過的 ${figure(back)} 人${rate}；用過獎品或券的 ${figure(used)} 人。回來不一定是因為這次推送。`,
  );
  const lost = failed + unknown + skipped;
  if (state !== 'finished') for (const step of nextSteps(push, clock.now(), status)) console.log(step);
  else if (lost > 0) console.log(`沒收到的 ${figure(lost)} 人：${call(`missed ${id}`)}`);
  return 0;
}

/** What WeChat says of a mass send as a whole, in Chinese. */
function massWords(status: string): string {
  if (/^send ?success$/i.test(status)) return '發送成功';
  if (/^send ?fail$/i.test(status)) return '發送失敗';
  return /^err\(/.test(status) ? `微信不讓發：${status}` : status;
}

/** What became of each version of the words by each route: versions that say the same by it are one. */
function byWords(push: PushRow, all: readonly ByVariant[]) {
  return routeNames.flatMap((route) =>
    versionsOn(push, route).flatMap(({ variant, told }) => {
      const own = (name: string) => push.variants.find((one) => one.name === name)?.content[route];
      const some = all.filter(
        (one) => one.route === route && (variant === undefined ? !own(one.variant) : one.variant === variant),
      );
      const sumOf = (field: 'people' | 'clicked' | 'failed') =>
        some.reduce((sum, one) => sum + one[field], 0);
      return some.length === 0
        ? []
        : [{ told, route, people: sumOf('people'), clicked: sumOf('clicked'), failed: sumOf('failed') }];
    }),
  );
}

/** The reasons that are meant: by code, or by some of the words in which they are shown. */
function reasonsOf(said: readonly string[], counts: Readonly<Record<string, number>>): string[] | undefined {
  if (said.length === 0) return undefined;
  return said.flatMap((one) => {
    const found = Object.keys(counts).filter((code) => code === one || tellReason(code).includes(one));
    if (found.length > 0) return found;
    const all = Object.keys(counts).map(tellReason).join('；');
    throw new AppError(
      'NotFound',
      'push.reason',
      all === '' ? '沒有人沒收到。' : `沒有人因為「${one}」沒收到；有的原因：${all}。寫其中幾個字就行。`,
    );
  });
}

async function calendar({ services: { reach, pushes }, clock, args: [asked] }: Asked): Promise<number> {
  const month = asked ?? beijingDay(clock.now()).slice(0, 7);
  if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(month))
    throw new AppError('Invalid', 'push.month', `「${month}」不是月份；要寫成 2026-11。`);
  const { massPerMonth } = reach.rations;
  const all = await pushes.list();
  const planned = all.flatMap(({ _id, name, state, dueAt, routes, quiet }) => {
    const day = beijingDay(afterQuiet(quiet, dueAt?.getTime() ?? clock.now()));
    return routes.includes('mass') && (state === 'scheduled' || state === 'waiting') && day.startsWith(month)
      ? [
          {
            day,
            what: `排定：${_id}「${name}」${state === 'waiting' ? '（等同意）' : ''}`,
          },
        ]
      : [];
  });
  const sends = await reach.massOf(month);
  const ours = [...new Set(sends.flatMap(({ push }) => push ?? []))].map((id) => {
    const some = sends.filter(({ push }) => push === id);
    const people = some.reduce((sum, one) => sum + (one.people ?? 0), 0);
    const name = all.find(({ _id }) => _id === id)?.name ?? '';
    return {
      day: dayOf(some[0] as MassSend),
      what: `發過：${id}「${name}」${some.length} 批，${figure(people)} 人`,
    };
  });
  const hand = sends
    .filter(({ push }) => push === undefined)
    .map((one) => ({ day: dayOf(one), what: `在微信後台發的（${one.by}）` }));
  const lines = [...ours, ...hand, ...planned].toSorted((a, b) => (a.day < b.day ? -1 : 1));
  console.log(`${month} 的群發（一個人一個月最多收 ${massPerMonth} 條）：`);
  for (const { day, what } of lines) {
    const same = lines.filter((one) => one.day === day).length;
    console.log(`  ${day}　${what}${same > 1 ? '　◀ 同一天不止一次' : ''}`);
  }
  if (lines.length === 0) console.log('  還沒有。');
  const left = massPerMonth - lines.length;
  console.log(
    left >= 0
      ? `每次都在對象裡的人，還能再收 ${left} 條。`
      : `每次都在對象裡的人會超過 ${massPerMonth} 條：後面的 ${-left} 次到不了他們。`,
  );
  console.log(`在微信後台群發過、這裡沒有的：${call('by-hand 日期')}`);
  return 0;
}

const dayOf = ({ at }: MassSend): string => beijingDay(at.getTime());

const mostByHand = 10;
/** Writes down so many mass sends of a day in WeChat's console; those that WeChat told of count among them. */
async function byHand({
  services: { reach },
  clock,
  values,
  args: [day = '', times = '1'],
}: Asked): Promise<number> {
  if (!/^20\d\d-\d\d-\d\d$/.test(day) || beijingDay(startOfBeijingDay(day) || 0) !== day)
    throw new AppError('Invalid', 'push.day', `「${day}」不是日子；要寫成 2026-11-20。`);
  if (day > beijingDay(clock.now()))
    throw new AppError('Invalid', 'push.day', `${day} 還沒有到；發過了再記。`);
  if (!/^\d{1,2}$/.test(times) || Number(times) > mostByHand)
    throw new AppError('Invalid', 'push.times', `次數要是 0 到 ${mostByHand}。`);
  const known = (await reach.massOf(day.slice(0, 7))).filter(
    (one) => dayOf(one) === day && one.push === undefined && !one._id.startsWith('hand/'),
  );
  const own = Math.max(0, Number(times) - known.length);
  for (let n = 1; n <= mostByHand; n++)
    if (n <= own)
      await reach.massSent({
        _id: `hand/${day}/${n}`,
        at: new Date(momentAt(`${day} 12:00`)),
        by: values.by,
      });
    else await reach.massUnsent(`hand/${day}/${n}`);
  if (known.length > 0)
    console.log(
      `微信已經報過那天後台的 ${known.length} 次群發：${known.map(({ at }) => beijingMoment(at.getTime())).join('、')}。`,
    );
  console.log(
    known.length + own === 0
      ? `記好了：${day} 在微信後台沒有群發過。`
      : `記好了：${day} 在微信後台群發過 ${known.length + own} 次。這個月每個人的 ${reach.rations.massPerMonth} 條裡都算。`,
  );
  return 0;
}
