import { z } from 'zod';
import { problemOfSize } from '../../../domain/pushes/check';
import { reachesNobody } from '../../../domain/pushes/plan';
import { classNames, type PushRow, routeNames, routeWords } from '../../../domain/pushes/push';
import { tellReason } from '../../../domain/pushes/reasons';
import type { Status } from '../../../domain/pushes/report';
import { endOf, figure, tellPlan } from '../../../domain/pushes/tell-plan';
import { afterQuiet, goesAtOnce, tellWait } from '../../../domain/pushes/when';
import { beijingMoment } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { may, page, part, type Visit } from '../console';
import { id, line, maybe } from '../form';
import { confirm, table } from '../parts';
import { previewsOf, routesTold, stateWord, testsOf, toneOf, whenTold } from '../push-views';
import { slowly } from '../slowly';

const one = z.object({ id });

/** What pausing, cancelling … mean, said where one decides. */
const meanings = {
  pause: '兩秒裡不再發新的，一個人也不丟；正在路上的會發完。繼續時從停住的地方接著。',
  resume: '從停住的地方接著發，發過的人不會再發一次。',
  cancel: '取消以後不能再開。還沒輪到的人記成「推送取消了」；發出去的收不回，正在路上的會發完。',
};

/** 內容 → 對象 → 試發 → 批准 → 發送: how far it is. */
function stepsOf(row: PushRow, state: Status['state'], needsSecond: boolean) {
  const isTested = row.log.some(({ what }) => what.startsWith('試發結果'));
  const isSet = !['draft', 'waiting'].includes(state);
  const steps = [
    { text: '內容', done: true },
    { text: '對象', done: true },
    { text: '試發', done: isTested },
    { text: needsSecond ? '批准' : '確認', done: isSet },
    { text: '發送', done: state === 'finished' || state === 'cancelled' },
  ];
  const here = isSet ? 4 : state === 'waiting' || isTested ? 3 : 2;
  return steps.map((step, n) => ({ ...step, here: n === here && !step.done }));
}

/** The buttons that fit where it stands. */
function actsOf(visit: Visit, row: PushRow, state: Status['state']) {
  const to = (act: string) => `/pushes/${row._id}/${act}`;
  const acts = [];
  const solo = visit.services.pushes.solo;
  if (visit.may('pushes.send') && (state === 'draft' || state === 'late'))
    acts.push(
      confirm({
        id: 'start',
        to: to('start'),
        label: state === 'late' ? '仍然要發' : '開始',
        title: state === 'late' ? `「${row.name}」晚了，仍然要發？` : `開始「${row.name}」？`,
        text:
          state === 'late'
            ? '點了就發，不再等。'
            : `${goesAtOnce(row) ? '批准了就發' : `${whenTold(row, visit.now)} 發`}。超過 ${figure(visit.services.pushes.approvalAbove)} 人要第二個人批准${solo ? '（一個人的團隊可以自己批准，十分鐘後才發）' : ''}；人少就直接排定。`,
        submit: state === 'late' ? '發' : '開始',
        tone: 'primary',
        ...(state === 'draft'
          ? { fields: [{ name: 'anyway', label: '一個人也收不到也要開始', kind: 'tick' as const }] }
          : {}),
      }),
    );
  if (visit.may('pushes.approve') && state === 'waiting') {
    const isHers = visit.services.pushes.authorsOf(row).some((by) => isSamePerson(by, visit.by));
    if (!isHers || solo)
      acts.push(
        confirm({
          id: 'approve',
          to: to('approve'),
          label: '批准',
          title: `批准「${row.name}」？`,
          text: isHers
            ? '這是你自己寫的：只有一個人的團隊可以自己批准，十分鐘後才發，記錄裡寫明。'
            : `看過內容和人數了？批准以後${goesAtOnce(row) ? '馬上發' : `${whenTold(row, visit.now)} 發`}。`,
          submit: '批准',
          tone: 'primary',
        }),
      );
  }
  if (visit.may('pushes.send') && state === 'running')
    acts.push(
      confirm({
        id: 'pause',
        to: to('pause'),
        label: '暫停',
        title: '暫停這個推送？',
        text: meanings.pause,
        reason: '為什麼',
        submit: '暫停',
        tone: 'primary',
      }),
    );
  if (visit.may('pushes.send') && state === 'paused')
    acts.push(
      confirm({
        id: 'resume',
        to: to('resume'),
        label: '繼續',
        title: '繼續發？',
        text: meanings.resume,
        submit: '繼續',
        tone: 'primary',
      }),
    );
  if (visit.may('pushes.send') && !['finished', 'cancelled'].includes(state))
    acts.push(
      confirm({
        id: 'cancel',
        to: to('cancel'),
        label: '取消',
        title: `取消「${row.name}」？`,
        text: meanings.cancel,
        reason: '為什麼',
        submit: '取消這個推送',
        tone: 'danger',
      }),
    );
  return acts;
}

/** What stands in the way of whoever looks, in a sentence. */
function noteOf(visit: Visit, row: PushRow, state: Status['state']): string {
  const { pushes } = visit.services;
  switch (state) {
    case 'waiting': {
      const isHers = pushes.authorsOf(row).some((by) => isSamePerson(by, visit.by));
      if (isHers && pushes.solo) return '等批准。一個人的團隊：你可以自己批准，十分鐘後才發。';
      if (isHers) return '等第二個人批准：你寫過或送出過它，要另一位有審批角色的同事來批准。';
      return visit.may('pushes.approve') ? '等你批准：先看內容和人數。' : '等有審批角色的同事批准。';
    }
    case 'scheduled': {
      const due = Math.max(visit.now, row.dueAt?.getTime() ?? visit.now);
      const at = afterQuiet(row.quiet, due);
      const why = [
        ...(at > due ? [`${row.quiet.from}–${row.quiet.to} 免打擾`] : []),
        ...(row.approved?.solo && due > visit.now ? ['一個人的團隊，留十分鐘想一想'] : []),
      ];
      return at > visit.now
        ? `${beijingMoment(at)} 發，還有 ${tellWait(at - visit.now)}${why.length > 0 ? `（${why.join('；')}）` : ''}。`
        : '馬上發。';
    }
    case 'late':
      return '誤了時間（晚了半小時以上），沒有發：仍然要發，或取消。';
    case 'freezing':
      return '正在圈定名單，幾秒後開始。';
    case 'paused':
      return `停住了，一個人也沒有丟。${row.paused?.why ? `原因：${row.paused.why}（${row.paused.by}）。` : ''}`;
    case 'cancelled':
      return row.frozen
        ? '取消了，不能再開。要發給沒收到的人，用下面的「補發」。'
        : '還沒有圈定名單就取消了，誰也沒收到。';
    default:
      return '';
  }
}

const logged = (row: PushRow) =>
  row.log.toReversed().map(({ at, by, what }) => ({
    at: at.getTime(),
    by,
    what: what.replace(/^試發結果 \S+　/, '試發的結果　'),
  }));

/** Where somebody else, or the clock, moves it on. */
const movesByItself = new Set<Status['state']>(['waiting', 'scheduled', 'freezing']);

export default [
  part(
    '/pushes/:id/state',
    may('pushes.see'),
    { template: 'push-state', asks: one.extend({ was: maybe(line(20)) }) },
    async ({ services }, asked) => {
      const { push, state } = await services.pushes.stateOf(asked.id);
      return {
        id: push._id,
        state: stateWord(state),
        tone: toneOf[state],
        was: movesByItself.has(state) ? state : '',
        moved: asked.was !== undefined && asked.was !== state,
      };
    },
  ),
  page(
    '/pushes/:id',
    may('pushes.see'),
    { title: '推送', template: 'push', asks: one },
    async (visit, asked) => {
      const { pushes } = visit.services;
      const { push: row, state } = await pushes.stateOf(asked.id);
      const { quiet, cap } = row;
      const isOpen = ['draft', 'waiting', 'scheduled', 'late'].includes(state);
      return {
        title: row.name,
        id: row._id,
        name: row.name,
        state: stateWord(state),
        tone: toneOf[state],
        was: movesByItself.has(state) ? state : '',
        note: noteOf(visit, row, state),
        steps: stepsOf(row, state, row.approved !== undefined || state === 'waiting'),
        acts: actsOf(visit, row, state),
        isDraft: state === 'draft',
        isOpen,
        isFrozen: row.frozen !== undefined,
        isOver: state === 'finished' || state === 'cancelled',
        sequence: row.sequence ?? '',
        facts: [
          ['編號', row._id],
          ['類別', classNames[row.class]],
          ['對象', pushes.tellAudience(row)],
          ...(row.audience.except.length > 0 && !row.audience.rule
            ? [['不包括', row.audience.except.join('、')]]
            : []),
          ['路線', routesTold(row)],
          ['時間', whenTold(row, visit.now)],
          ['免打擾', quiet.from === quiet.to ? '不等' : `${quiet.from}–${quiet.to}`],
          ['上限', cap.most === 0 ? '不限次數' : `一個人 ${cap.days} 天最多 ${cap.most} 次`],
          ['晚了半小時以上', row.late === 'ask' ? '先問人' : '照發'],
          ['寫的人', row.by],
          ...(row.approved
            ? [['批准的人', `${row.approved.by}，${beijingMoment(row.approved.at.getTime())}`]]
            : []),
        ],
        log: logged(row),
        tests: testsOf(row),
      };
    },
  ),
  part(
    '/pushes/:id/shown',
    may('pushes.see'),
    { template: 'push-preview', asks: one },
    async (visit, asked) => {
      const { pushes } = visit.services;
      const row = await pushes.get(asked.id);
      const shown = await pushes.preview(row, { script: visit.script });
      return { told: '', shown: await previewsOf(visit.services, shown), findings: [], checked: false };
    },
  ),

  /** Whom it would reach; nothing is sent. */
  part('/pushes/:id/plan', may('pushes.see'), { template: 'push-plan', asks: one }, async (visit, asked) => {
    const { pushes } = visit.services;
    return slowly(async () => {
      const row = await pushes.get(asked.id);
      const found = await pushes.findings(row._id);
      if (found.some(({ place }) => place === '對象'))
        return { findings: found, rows: '', told: [], remarks: [], nobody: false };
      const planned = await pushes.plan(row._id);
      const size = problemOfSize(row, planned.audience.people);
      const href = (query: string) => `/pushes/${row._id}/planned?${query}`;
      const about = planned.audience.exact && planned.lookedAt >= planned.audience.people ? '' : '約 ';
      const reached = routeNames.flatMap((name) =>
        row.routes.includes(name)
          ? [
              [
                routeWords[name],
                { text: `${about}${figure(planned.byRoute[name] ?? 0)}`, href: href(`route=${name}`) },
              ],
            ]
          : [],
      );
      const missed = Object.entries(planned.byReason)
        .filter(([, n]) => n > 0)
        .toSorted(([, a], [, b]) => b - a)
        .map(([why, n]) => [
          { text: `收不到：${tellReason(why)}` },
          { text: `${about}${figure(n)}`, href: href(`reason=${encodeURIComponent(why)}`) },
        ]);
      return {
        findings: row.state === 'draft' ? [...found, ...(size ? [size] : [])] : [],
        rows: table({
          caption: '試算',
          columns: [{ label: '走哪條路' }, { label: '人數', number: true }],
          rows: [...reached, ...missed],
          empty: { title: '現在沒有人符合', text: '換一群人再算。' },
        }),
        told: tellPlan(row, planned, pushes.perSecond),
        ends: beijingMoment(endOf(row, planned)),
        remarks: await pushes.remarks(row._id),
        nobody: reachesNobody(planned),
        second:
          planned.audience.people > pushes.approvalAbove
            ? `超過 ${figure(pushes.approvalAbove)} 人：開始之後要第二個人批准才發${pushes.solo ? '；一個人的團隊可以自己批准，十分鐘後發' : ''}。`
            : '',
      };
    });
  }),
  page(
    '/pushes/:id/planned',
    may('pushes.see'),
    {
      title: '試算裡的人',
      template: 'push-people',
      asks: z.object({ id, route: maybe(z.enum(routeNames)), reason: maybe(line(200)) }),
    },
    async ({ services }, asked) => {
      const { pushes } = services;
      const row = await pushes.get(asked.id);
      const pids = await slowly(() => pushes.planned(asked.id, asked));
      const names = await services.names.nameOf(pids);
      return {
        id: row._id,
        name: row.name,
        title: asked.route
          ? `試算：走${routeWords[asked.route]}的`
          : `試算：${tellReason(asked.reason ?? '')}`,
        lead: '試算時看過的人裡，前 50 位；到真的發的時候可能不同。',
        exports: '',
        table: table({
          caption: '試算裡的人',
          columns: [{ label: '用戶' }, { label: '名字' }],
          rows: pids.map((pid) => [
            { text: pid, href: `/subscribers/${pid}` },
            { text: names.get(pid) ?? '', own: true },
          ]),
          empty: { title: '一個也沒有', text: '回去看看別的路、別的原因。' },
        }),
      };
    },
  ),
];
