import { z } from 'zod';
import { type PushRow, stateNames as pushStates, routeWords } from '../../../domain/pushes/push';
import type { Wait } from '../../../domain/settlement/waits';
import { beijingDay, beijingMoment } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { isSameLogin } from '../../../kit/signed';
import { may, part, type Visit } from '../console';
import { count, percent, processName, span } from '../numbers';
import { type Cell, type Tone, table, tiles } from '../parts';
import { slowly } from '../slowly';

const nothing = z.object({});
type Waiting = { what: string; name?: string; href: string; who: string; tone: Tone };

/** What it waits for, for whoever goes there. */
function told(wait: Wait): string {
  switch (wait.for) {
    case 'start':
      return '結束了，十分鐘後自動結算';
    case 'settle':
      return '結算還沒有做完';
    case 'review':
      return `${wait.held} 人被留置，等人決定${wait.blocks ? '，名單還沒有公布' : ''}`;
    case 'value':
      return wait.due
        ? `抽獎等${wait.by ? '另一位' : '兩位各自'}輸入「${wait.named}」`
        : `抽獎等公開數「${wait.named}」，${beijingMoment(wait.at)} 公布`;
    case 'laterValue':
      return `抽獎的「${wait.named}」已經可以知道，等兩位另指定以後的`;
    case 'codes':
      return `還缺 ${wait.missing} 個兌換碼`;
    case 'nothing':
      return '有一次抽獎開賽時沒有公布承諾，不能公開抽';
  }
}

/** What waits for a person, of what she may see. */
async function waitsFor(visit: Visit): Promise<Waiting[]> {
  const { services, by } = visit;
  const found: Waiting[] = [];
  const mine = (author: string) => isSameLogin(author, by);
  if (visit.may('quiz.see'))
    for (const { id, title, waits, proposedBy } of await services.status.waiting(
      services.campaigns.all().map((one) => one.id),
    )) {
      const href = `/quiz/${id}`;
      if (proposedBy !== undefined)
        found.push({
          what: '改動等第二個人同意',
          name: title,
          href,
          who: mine(proposedBy) ? '你寫的，要別人同意' : visit.may('quiz.approve') ? '等你' : '等審批',
          tone: mine(proposedBy) ? 'grey' : 'yellow',
        });
      for (const wait of waits)
        found.push({
          what: told(wait),
          name: title,
          href,
          who: visit.may('quiz.approve') || visit.may('quiz.run') ? '等你' : '等營銷或審批',
          tone: 'yellow',
        });
    }
  if (visit.may('pushes.see'))
    for (const { _id, name, state, by: author } of await services.pushes.list())
      if (state === 'waiting' || state === 'late')
        found.push({
          what: state === 'late' ? '誤了時間，要發還是取消' : '群發等第二個人同意',
          name,
          href: `/pushes/${_id}`,
          who: mine(author) ? '你送出的，要別人同意' : visit.may('pushes.approve') ? '等你' : '等審批',
          tone: mine(author) ? 'grey' : 'yellow',
        });
  if (visit.may('prizes.see')) {
    const [claimed, approved] = await Promise.all(
      ['claimed', 'approved'].map((state) => services.prizes.awards.count({ state })),
    );
    if (claimed)
      found.push({
        what: `${count(claimed)} 份獎品登記好了，等批准`,
        href: '/winners?state=claimed',
        who: visit.may('prizes.approve') ? '等你' : '等獎品專員',
        tone: 'yellow',
      });
    if (approved)
      found.push({
        what: `${count(approved)} 份獎品批准了，等寄出`,
        href: '/winners?state=approved',
        who: visit.may('prizes.ship') ? '等你' : '等獎品專員',
        tone: 'yellow',
      });
  }
  if (visit.may('desk.see')) {
    const { waiting } = await services.desk.now(visit.who.id);
    if (waiting > 0)
      found.push({
        what: `${count(waiting)} 位用戶等人接`,
        href: '/desk?show=waiting',
        who: visit.may('desk.answer') ? '等你' : '等客服',
        tone: 'yellow',
      });
  }
  if (visit.may('system.see')) {
    const [aside, letters] = await Promise.all([
      services.outbox.countAside(),
      services.inbox.countQuarantined(),
    ]);
    if (aside + letters > 0)
      found.push({
        what: `${count(letters)} 則消息、${count(aside)} 件工作屢試不成，擱在一邊`,
        href: letters > 0 ? '/system/aside?what=letters' : '/system/aside',
        who: visit.may('system.replay') ? '等你' : '等運維',
        tone: 'red',
      });
  }
  return found;
}

/** What she began and nobody else has seen. */
async function draftsOf(visit: Visit): Promise<Cell[][]> {
  const { services, by } = visit;
  const campaigns = visit.may('quiz.see') ? await services.campaigns.list() : [];
  const pushes = visit.may('pushes.see') ? await services.pushes.list() : [];
  return [
    ...campaigns
      .filter(({ state, author }) => (state === 'draft' || state === 'checked') && isSameLogin(author, by))
      .map(({ _id, title, state, startsAt }): Cell[] => [
        { text: title, href: `/quiz/${_id}`, own: true },
        '活動',
        state === 'checked' ? '檢查過，可以開始' : '還沒檢查',
        `${beijingMoment(startsAt)} 開始`,
      ]),
    ...pushes
      .filter(({ state, by: author }) => state === 'draft' && isSameLogin(author, by))
      .map(({ _id, name, changedAt }): Cell[] => [
        { text: name, href: `/pushes/${_id}`, own: true },
        '群發',
        pushStates.draft,
        `${beijingMoment(changedAt.getTime())} 改過`,
      ]),
  ];
}

type Progress = { name: string; href: string; what: string; done: number; total: number; text: string };
const progress = createCache<Progress[]>({ max: 2, freshMs: 5_000, staleMs: 5_000 });
const going: PushRow['state'][] = ['running', 'paused', 'freezing'];

async function pushesGoing({ services }: Visit): Promise<Progress[]> {
  const some = (await services.pushes.list()).filter(({ state }) => going.includes(state)).slice(0, 12);
  const found: Progress[] = [];
  for (const { _id } of some) {
    const { push, state, people, done } = await services.pushes.status(_id);
    if (state === 'finished') continue;
    found.push({
      name: push.name,
      href: `/pushes/${_id}`,
      what: `群發，${pushStates[state]}`,
      done,
      total: Math.max(1, people),
      text: `${count(done)} / ${count(people)} 人，${percent(people > 0 ? done / people : undefined)}${push.paused?.why ? `；${push.paused.why}` : ''}`,
    });
  }
  return found;
}

const campaignsGoing = ({ services, now }: Visit): Progress[] =>
  services.campaigns.live(now).map(({ id, title, state, startsAt, endsAt }) => ({
    name: title,
    href: `/quiz/${id}`,
    what: state === 'paused' ? '活動，暫停中' : '活動',
    done: now - startsAt,
    total: Math.max(1, endsAt - startsAt),
    text: `${beijingMoment(endsAt)} 結束，還有 ${span(endsAt - now)}`,
  }));

type Reachable = Awaited<ReturnType<Visit['services']['pushes']['reachOf']>>;
const reachable = createCache<Reachable>({ max: 1, freshMs: 60_000, staleMs: 60_000 });

export default [
  part('/home/waits', may('home.see'), { template: 'home-waits', asks: nothing }, async (visit) => {
    const [waits, drafts] = await Promise.all([slowly(() => waitsFor(visit)), draftsOf(visit)]);
    return {
      waits: table({
        caption: '等人處理的事',
        columns: [{ label: '什麼' }, { label: '哪一個' }, { label: '等誰' }],
        rows: waits.map(({ what, name = '', href, who, tone }): Cell[] => [
          { text: what, href },
          { text: name, own: true },
          { text: who, tone },
        ]),
        empty: { title: '沒有等著的事', text: '要第二個人同意的、待批准的、擱下的，都會列在這裡。' },
      }),
      drafts: table({
        caption: '我的草稿',
        columns: [{ label: '草稿' }, { label: '是什麼' }, { label: '到哪一步' }, { label: '時間' }],
        rows: drafts,
        empty: { title: '沒有草稿', text: '' },
      }),
      hasDrafts: drafts.length > 0,
    };
  }),

  part('/home/going', may('home.see'), { template: 'home-going', asks: nothing }, async (visit) => {
    const pushes = visit.may('pushes.see')
      ? (await progress.get('pushes', () => slowly(() => pushesGoing(visit)))).value
      : [];
    return { going: [...(visit.may('quiz.see') ? campaignsGoing(visit) : []), ...pushes] };
  }),

  part('/home/reach', may('pushes.see'), { template: 'home-tiles', asks: nothing }, async (visit) => {
    const { services } = visit;
    const { value } = await reachable.get('all', () => slowly(() => services.pushes.reachOf('所有人')));
    const { audience, byRoute } = value.plan;
    const about = audience.exact && value.plan.lookedAt >= audience.people ? '' : '估計，';
    const month = beijingDay(visit.now).slice(0, 7);
    const sends = await services.reach.massOf(month);
    return {
      tiles: tiles([
        {
          label: `${routeWords.customer}：現在發得到`,
          value: byRoute.customer ?? 0,
          href: visit.may('people.see') ? '/subscribers?window=open' : '',
          note: `${about}共 ${count(audience.people)} 人關注`,
        },
        {
          label: `${routeWords.mass}：其餘的人裡發得到`,
          value: byRoute.mass ?? 0,
          href: visit.may('quota.see') ? '/quota' : '',
          note: `本月群發過 ${sends.length} 次，每人最多收 ${services.reach.rations.massPerMonth} 次`,
        },
        { label: routeWords.sms, value: value.sms, note: '同意收短信的人' },
        { label: routeWords.mail, value: value.mail, note: '同意收郵件的人' },
      ]),
    };
  }),

  part('/home/engine', may('system.see'), { template: 'home-tiles', asks: nothing }, async (visit) => {
    const { services, house, now } = visit;
    const day = beijingDay(now);
    const [outbox, inbox, undone, aside, letters, token, calls, month, alive] = await Promise.all([
      services.outbox.oldestPendingMs(),
      services.inbox.oldestUndoneMs(),
      services.inbox.undone(),
      services.outbox.countAside(),
      services.inbox.countQuarantined(),
      house.tokenLeftMs(),
      services.quota.total(day, day),
      services.quota.total(`${day.slice(0, 7)}-01`, day),
      services.processes.list(),
    ]);
    const queue = '/system/queue';
    return {
      tiles: tiles([
        { label: '最久的待辦等了', value: span(outbox), href: queue, note: '發件箱' },
        { label: '還沒答完的消息', value: undone, href: queue, note: `最久的等了 ${span(inbox)}` },
        { label: '擱下的', value: aside + letters, href: '/system/aside', note: '屢試不成，要人看' },
        {
          label: '微信令牌',
          value: token === undefined ? '沒有' : `還有 ${span(token)}`,
          href: '/system',
          note: token === undefined ? '下一次調用時會去拿' : '到期前自動換新',
        },
        {
          label: '今天調用微信',
          value: calls.n,
          href: visit.may('quota.see') ? '/quota' : '',
          note: `被拒 ${count(calls.refused)} 次（${percent(calls.n > 0 ? calls.refused / calls.n : 0)}）；本月 ${count(month.n)} 次`,
        },
        {
          label: '活著的進程',
          value: alive.filter((one) => one.alive).length,
          href: queue,
          note: alive
            .filter((one) => one.alive)
            .map(({ role }) => processName(role))
            .join('、'),
        },
      ]),
    };
  }),
];
