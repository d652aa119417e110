import { type MassEntry, massMonthOf } from '../../src/domain/pushes/calendar';
import { byWords, cameBack, massWords } from '../../src/domain/pushes/outcome';
import { routeWords } from '../../src/domain/pushes/push';
import { missedColumns, tellCameBack } from '../../src/domain/pushes/pushes.tasks';
import { tellReason } from '../../src/domain/pushes/reasons';
import { figure, tellReasons } from '../../src/domain/pushes/tell-plan';
import { noteByHand } from '../../src/domain/reach/by-hand';
import { AppError } from '../../src/errors';
import { beijingDay, beijingMoment } from '../../src/kit/beijing';
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
        const { rows: n } = await services.exports.missed(
          { push: id, reason, columns: missedColumns, rows },
          take,
        );
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

async function report({ services, args: [id = ''], clock }: Asked): Promise<number> {
  const { pushes } = services;
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

  const came = await cameBack(services, id);
  console.log(tellCameBack({ ...came, reached: sent + handed }));
  const lost = failed + unknown + skipped;
  if (state !== 'finished') for (const step of nextSteps(push, clock.now(), status)) console.log(step);
  else if (lost > 0) console.log(`沒收到的 ${figure(lost)} 人：${call(`missed ${id}`)}`);
  return 0;
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
  const { entries, clashes, perMonth, left } = await massMonthOf({ reach, pushes }, month, clock.now());
  console.log(`${month} 的群發（一個人一個月最多收 ${perMonth} 條）：`);
  for (const entry of entries)
    console.log(`  ${entry.day}　${tellEntry(entry)}${clashes.has(entry.day) ? '　◀ 同一天不止一次' : ''}`);
  if (entries.length === 0) console.log('  還沒有。');
  console.log(
    left >= 0
      ? `每次都在對象裡的人，還能再收 ${left} 條。`
      : `每次都在對象裡的人會超過 ${perMonth} 條：後面的 ${-left} 次到不了他們。`,
  );
  console.log(`在微信後台群發過、這裡沒有的：${call('by-hand 日期')}`);
  return 0;
}

function tellEntry(entry: MassEntry): string {
  switch (entry.kind) {
    case 'sent':
      return `發過：${entry.push}「${entry.name}」${entry.batches} 批，${figure(entry.people)} 人`;
    case 'planned':
      return `排定：${entry.push}「${entry.name}」${entry.waits ? '（等同意）' : ''}`;
    case 'hand':
      return `在微信後台發的（${entry.by}）`;
  }
}

/** Writes down so many mass sends of a day in WeChat's console. */
async function byHand({
  services: { reach },
  clock,
  values,
  args: [day = '', times = '1'],
}: Asked): Promise<number> {
  const asked = { day, times: /^\d{1,2}$/.test(times) ? Number(times) : -1, by: values.by };
  const { counts, told } = await noteByHand({ reach, now: clock.now() }, asked);
  if (told.length > 0)
    console.log(
      `微信已經報過那天後台的 ${told.length} 次群發：${told.map(({ at }) => beijingMoment(at.getTime())).join('、')}。`,
    );
  console.log(
    counts === 0
      ? `記好了：${day} 在微信後台沒有群發過。`
      : `記好了：${day} 在微信後台群發過 ${counts} 次。這個月每個人的 ${reach.rations.massPerMonth} 條裡都算。`,
  );
  return 0;
}
