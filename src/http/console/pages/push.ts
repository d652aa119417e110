import { z } from 'zod';
import { problemOfSize } from '../../../domain/pushes/check';
import { isQuiet } from '../../../domain/pushes/gate';
import { byWords, cameBack, massWords } from '../../../domain/pushes/outcome';
import { createPace } from '../../../domain/pushes/pace';
import { reachesNobody } from '../../../domain/pushes/plan';
import {
  classNames,
  type PushRow,
  type RouteName,
  routeNames,
  routeWords,
} from '../../../domain/pushes/push';
import { cameBackTask, missedTask, tellCameBack } from '../../../domain/pushes/pushes.tasks';
import { reasonNames, tellReason } from '../../../domain/pushes/reasons';
import type { Status } from '../../../domain/pushes/report';
import { endOf, figure, tellPlan, tellSpan } from '../../../domain/pushes/tell-plan';
import { testerOf } from '../../../domain/pushes/testers';
import { afterQuiet, goesAtOnce, tellWait } from '../../../domain/pushes/when';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, id, line, maybe, reason, several, ticked } from '../form';
import { confirm, form, table, tiles } from '../parts';
import { previewsOf, routesTold, slowly, stateWord, toneOf, whenTold } from '../push-views';

const one = z.object({ id });
/** Up to so many it is counted while she waits; of more it is a task. */
const atOnce = 20_000;
/** How fast each goes, as it was looked at from here. */
const paces = new Map<string, (done: number) => number>();

/** What pausing, cancelling … mean, said where one decides. */
const meanings = {
  pause: '兩秒裡不再發新的，一個人也不丟；正在路上的會發完。繼續時從停住的地方接著。',
  resume: '從停住的地方接著發，發過的人不會再發一次。',
  cancel: '取消以後不能再開。還沒輪到的人記成「推送取消了」；發出去的收不回，正在路上的會發完。',
};

/** 內容 → 對象 → 試發 → 批准 → 發送: how far it is. */
function stepsOf(row: PushRow, state: Status['state'], needsSecond: boolean) {
  const isTested = row.log.some(({ what }) => what.startsWith('試發結果'));
  const isBegun = !['draft', 'waiting', 'scheduled', 'late'].includes(state);
  const steps = [
    { text: '內容', done: true },
    { text: '對象', done: true },
    { text: '試發', done: isTested || state !== 'draft' },
    {
      text: needsSecond ? '批准' : '確認',
      done: row.approved !== undefined || !['draft', 'waiting'].includes(state),
    },
    { text: '發送', done: state === 'finished' || state === 'cancelled' },
  ];
  const here = isBegun ? 4 : steps.findIndex((step) => !step.done);
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

/** Test-sends and what came of them, newest first. */
function testsOf(row: PushRow) {
  return row.log
    .filter(({ what }) => what.startsWith('試發'))
    .toReversed()
    .slice(0, 20)
    .map(({ at, by, what }) => ({ at: at.getTime(), by, what: what.replace(/^試發結果 \S+　/, '結果　') }));
}

export default [
  page(
    '/pushes/:id',
    may('pushes.see'),
    { title: '推送', template: 'push', asks: one },
    async (visit, asked) => {
      const { pushes } = visit.services;
      const status = await pushes.status(asked.id);
      const { push: row, state } = status;
      const { quiet, cap } = row;
      const isOpen = ['draft', 'waiting', 'scheduled', 'late'].includes(state);
      return {
        title: row.name,
        id: row._id,
        name: row.name,
        state: stateWord(state),
        tone: toneOf[state],
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

  part(
    '/pushes/:id/testers',
    may('pushes.edit'),
    { template: 'push-testers', asks: one },
    async (visit, asked) => {
      const { pushes, subscribers, names } = visit.services;
      const row = await pushes.get(asked.id);
      const before = [...new Set(row.log.flatMap(({ what }) => /^試發給 (\S+)$/.exec(what)?.[1] ?? []))];
      const near = visit.house.simulated ? (await subscribers.everybody('', 20)).map(({ pid }) => pid) : [];
      const pids = await subscribers.here([...new Set([...before, ...near])]);
      const known = await names.nameOf(pids);
      const left = row.routes.includes('mass') ? await pushes.previewsLeft() : undefined;
      return {
        id: row._id,
        left: left === undefined ? '' : `群發的預覽今天還剩 ${left} 次。`,
        people: pids.map((pid) => ({ pid, name: known.get(pid) ?? '' })),
      };
    },
  ),
  part(
    '/pushes/:id/tests',
    may('pushes.see'),
    { template: 'push-tests', asks: one },
    async ({ services }, asked) => {
      const row = await services.pushes.get(asked.id);
      const tests = testsOf(row);
      const asks = tests.filter(({ what }) => what.startsWith('試發給')).length;
      return { id: row._id, tests, waits: asks > tests.length - asks };
    },
  ),
  act(
    '/pushes/:id/test',
    may('pushes.edit'),
    { what: '試發推送', asks: z.object({ id, to: line(300), more: several(line(128, 0)) }) },
    async ({ services, by }, asked) => {
      const to = [
        ...new Set([...asked.to.split(/[、，,;；\s]+/u), ...asked.more].filter((who) => who !== '')),
      ];
      if (to.length > 10) throw atField('to', '一次最多試發給 10 個人。');
      const pids: string[] = [];
      for (const who of to)
        pids.push(
          await testerOf(services, who).catch((error: unknown) => {
            throw error instanceof AppError && error.expose ? atField('to', error.message) : error;
          }),
        );
      for (const pid of pids) await services.pushes.test(asked.id, { pid, by });
      return done(`發給 ${pids.length} 個人看了，幾秒後結果在下面。`, { to: `/pushes/${asked.id}#tests` });
    },
  ),

  act(
    '/pushes/:id/start',
    may('pushes.send'),
    { what: '開始推送', asks: z.object({ id, anyway: ticked }) },
    async ({ services: { pushes }, by }, asked) => {
      if (!asked.anyway && (await slowly(() => pushes.reachesNobody(asked.id))))
        throw new AppError(
          'Invalid',
          'push.nobody',
          '現在發，一個人也收不到，沒有開始。換一條路或換一群人；真的要開始，勾上「一個人也收不到也要開始」。',
        );
      const before = await pushes.get(asked.id);
      const row = await pushes.start(asked.id, by);
      return done(
        row.state === 'waiting'
          ? `超過 ${figure(pushes.approvalAbove)} 人，等第二個人批准。`
          : `排定了：${row.dueAt ? beijingMoment(row.dueAt.getTime()) : '馬上'}。`,
        { to: `/pushes/${asked.id}`, before: { state: before.state }, after: { state: row.state } },
      );
    },
  ),
  act('/pushes/:id/approve', may('pushes.approve'), { what: '批准推送', asks: one }, async (visit, asked) => {
    const { pushes } = visit.services;
    const row = await pushes.get(asked.id);
    const authors = pushes.authorsOf(row);
    if (authors.some((by) => isSamePerson(by, visit.by))) {
      if (!pushes.solo)
        throw new AppError(
          'Forbidden',
          'push.same-person',
          '你寫過或送出過這個推送，不能自己批准：請另一位有審批角色的同事來。',
        );
    } else await visit.asSecond(authors);
    const next = await pushes.approve(asked.id, visit.by);
    return done(`批准了，${next.dueAt ? `${beijingMoment(next.dueAt.getTime())} 發` : '馬上發'}。`, {
      to: `/pushes/${asked.id}`,
      before: { state: row.state },
      after: { state: next.state },
    });
  }),
  act(
    '/pushes/:id/pause',
    may('pushes.send'),
    { what: '暫停推送', asks: z.object({ id, reason }) },
    async ({ services: { pushes }, by }, asked) => {
      const row = await pushes.pause(asked.id, by, asked.reason);
      return done('停住了，一個人也沒有丟；正在路上的會發完。', {
        to: `/pushes/${asked.id}`,
        after: { state: row.state },
      });
    },
  ),
  act(
    '/pushes/:id/resume',
    may('pushes.send'),
    { what: '繼續推送', asks: one },
    async ({ services: { pushes }, by }, asked) => {
      const row = await pushes.resume(asked.id, by);
      return done('接著發。', { to: `/pushes/${asked.id}`, after: { state: row.state } });
    },
  ),
  act(
    '/pushes/:id/cancel',
    may('pushes.send'),
    { what: '取消推送', asks: z.object({ id, reason }) },
    async ({ services: { pushes }, by }, asked) => {
      const row = await pushes.cancel(asked.id, by, asked.reason);
      const { counts } = await pushes.status(asked.id);
      const gone = counts.sent + counts.handed;
      return done(
        gone > 0 ? `取消了。已經發出去 ${figure(gone)} 條，收不回。` : '取消了，一條也沒有發出去。',
        {
          to: `/pushes/${asked.id}`,
          after: { state: row.state },
        },
      );
    },
  ),

  part(
    '/pushes/:id/progress',
    may('pushes.see'),
    { template: 'push-progress', asks: z.object({ id, was: maybe(z.literal('1')) }) },
    async (visit, asked) => {
      const { pushes } = visit.services;
      const status = await slowly(() => pushes.status(asked.id));
      const { push, state, counts, people, waiting } = status;
      const pace = paces.get(push._id) ?? createPace();
      const isGoing =
        ['freezing', 'running', 'scheduled'].includes(state) || (state === 'cancelled' && waiting > 0);
      if (isGoing) paces.set(push._id, pace);
      else paces.delete(push._id);
      const perSecond = isGoing ? pace(status.done) : 0;
      const href = (query: string) => `/pushes/${push._id}/people?${query}`;
      const speed =
        state === 'running' && push.brake
          ? `停了一停：${push.brake.why}。隔一會兒試一條，好了自己接著發。`
          : perSecond > 0
            ? `每秒 ${Math.round(perSecond)} 條，還要約 ${tellSpan((waiting / perSecond) * 1_000)}`
            : state === 'running' && isQuiet(push, visit.now)
              ? `現在是免打擾時段，${push.quiet.to} 再發`
              : '';
      return {
        id: push._id,
        isGoing: isGoing && state !== 'scheduled',
        wasGoing: asked.was === '1',
        state: stateWord(state),
        done: status.done,
        people,
        share: people === 0 ? 100 : Math.floor((status.done / people) * 100),
        speed,
        tiles: tiles([
          { label: '名單', value: people, href: href('') },
          { label: '發出', value: counts.sent, href: href('state=sent') },
          { label: '交給群發', value: counts.handed, href: href('state=handed'), note: '微信不說誰收到' },
          { label: '失敗', value: counts.failed, href: href('state=failed') },
          { label: '不明', value: counts.unknown, href: href('state=unknown'), note: '不知道微信收到沒有' },
          { label: '沒發', value: counts.skipped, href: href('state=skipped') },
          { label: '還沒輪到', value: waiting, href: `/pushes/${push._id}/waiting` },
        ]),
        reasons: Object.entries(counts.reasons)
          .filter(([, n]) => n > 0)
          .toSorted(([, a], [, b]) => b - a)
          .map(([why, n]) => ({
            text: tellReason(why),
            n: figure(n),
            href: href(`reason=${encodeURIComponent(why)}`),
          })),
      };
    },
  ),
  page(
    '/pushes/:id/people',
    may('pushes.see'),
    {
      title: '推送裡的人',
      template: 'push-people',
      asks: z.object({
        id,
        state: maybe(z.enum(['pending', 'sending', 'sent', 'handed', 'failed', 'unknown', 'skipped'])),
        reason: maybe(line(300)),
        route: maybe(z.enum(routeNames)),
        variant: z.string().max(20).optional(),
        clicked: maybe(z.enum(['1', '0'])),
        cursor,
      }),
    },
    async ({ services }, asked) => {
      const { pushes, names } = services;
      const row = await pushes.get(asked.id);
      const { rows, next } = await pushes.people(asked.id, {
        ...asked,
        clicked: asked.clicked === undefined ? undefined : asked.clicked === '1',
      });
      const known = await names.nameOf(rows.map(({ pid }) => pid));
      const { id: _, ...query } = asked;
      return {
        id: row._id,
        name: row.name,
        title: asked.reason ? tellReason(asked.reason) : '推送裡的人',
        lead: asked.state === 'unknown' ? '發到一半斷了，不知道微信收到沒有。不會自己再發一次。' : '',
        exports: asked.reason ?? '',
        table: table({
          caption: '推送裡的人',
          columns: [
            { label: '用戶' },
            { label: '狀態' },
            { label: '路線' },
            { label: '原因' },
            { label: '時間' },
            { label: '點開' },
          ],
          rows: rows.map((one) => [
            { text: one.pid, href: `/subscribers/${one.pid}`, note: known.get(one.pid) ?? '' },
            { text: deliveryWords[one.state] },
            { text: routeWords[one.route], ...(one.variant ? { note: one.variant } : {}) },
            one.reason === undefined ? '' : { text: tellReason(one.reason), note: one.report ?? '' },
            one.at ? beijingMoment(one.at.getTime()) : '',
            one.clickedAt ? beijingMoment(one.clickedAt.getTime()) : '',
          ]),
          path: `/pushes/${row._id}/people`,
          asked: query,
          next,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(deliveryWords).map(([value, label]) => ({ value, label })),
            },
            {
              kind: 'select',
              name: 'reason',
              label: '原因',
              value: asked.reason,
              options: [
                ...Object.entries(reasonNames).map(([value, label]) => ({ value, label })),
                ...(asked.reason !== undefined && !Object.hasOwn(reasonNames, asked.reason)
                  ? [{ value: asked.reason, label: asked.reason }]
                  : []),
              ],
            },
            {
              kind: 'select',
              name: 'route',
              label: '路線',
              value: asked.route,
              options: row.routes.map((value: RouteName) => ({ value, label: routeWords[value] })),
            },
            {
              kind: 'select',
              name: 'clicked',
              label: '鏈接',
              value: asked.clicked,
              options: [
                { value: '1', label: '點開過' },
                { value: '0', label: '沒點開' },
              ],
            },
          ],
          empty: { title: '這裡還沒有人', text: row.frozen ? '還沒有輪到誰。' : '還沒有開始發。' },
        }),
      };
    },
  ),
  page(
    '/pushes/:id/waiting',
    may('pushes.see'),
    { title: '還沒輪到的人', template: 'push-people', asks: z.object({ id, cursor }) },
    async ({ services }, asked) => {
      const { pushes, names } = services;
      const row = await pushes.get(asked.id);
      const { pids, next } = await pushes.waiting(asked.id, asked.cursor);
      const known = await names.nameOf(pids);
      return {
        id: row._id,
        name: row.name,
        title: '還沒輪到的人',
        lead: '',
        exports: '',
        table: table({
          caption: '還沒輪到的人',
          columns: [{ label: '用戶' }, { label: '名字' }],
          rows: pids.map((pid) => [
            { text: pid, href: `/subscribers/${pid}` },
            { text: known.get(pid) ?? '', own: true },
          ]),
          path: `/pushes/${row._id}/waiting`,
          asked: asked.cursor === undefined ? {} : { cursor: asked.cursor },
          next,
          empty: { title: '都輪到了', text: '名單裡沒有人在等。' },
        }),
      };
    },
  ),

  part(
    '/pushes/:id/report',
    may('pushes.see'),
    { template: 'push-report', asks: one },
    async (visit, asked) => {
      const { services } = visit;
      const { pushes, links } = services;
      return slowly(async () => {
        const { push, counts } = await pushes.status(asked.id);
        const href = (query: string) => `/pushes/${push._id}/people?${query}`;
        const versions = byWords(push, await pushes.byVariant(push._id)).map((one) => {
          const by = `route=${one.route}${one.variant === undefined ? '' : `&variant=${encodeURIComponent(one.variant)}`}`;
          const clicks = push.links.length > 0 && one.route !== 'mass' && one.people > 0;
          return [
            { text: `${routeWords[one.route]}${one.told}` },
            {
              text: figure(one.people),
              href: href(`${by}&state=${one.route === 'mass' ? 'handed' : 'sent'}`),
              note: one.route === 'mass' ? '交給群發' : '',
            },
            clicks
              ? {
                  text: `${figure(one.clicked)}（${((one.clicked / one.people) * 100).toFixed(1)}%）`,
                  href: href(`${by}&clicked=1`),
                }
              : '—',
            { text: figure(one.failed), href: href(`${by}&state=failed`) },
          ];
        });
        const opened = [];
        for (const [n, url] of push.links.entries())
          opened.push([
            { text: url, own: true },
            await links.clicksEver({ kind: 'push', ref: `${push._id}/${n}` }),
          ]);
        const batches = (await pushes.massOf(push._id)).map(({ people, msgId, why, report }) => [
          figure(people),
          report
            ? `發到 ${figure(report.sent)}、過濾 ${figure(report.total - report.filtered)}、失敗 ${figure(report.error)}（${massWords(report.status)}）`
            : msgId
              ? '微信還沒有回報'
              : (why ?? '還沒有交給微信'),
        ]);
        const reached = counts.sent + counts.handed;
        const nothing = { title: '還沒有結果', text: '開始發了才有。' };
        return {
          id: push._id,
          versions: table({
            caption: '各版各路',
            columns: [
              { label: '路線和版本' },
              { label: '到了', number: true },
              { label: '點開', number: true },
              { label: '失敗或不明', number: true },
            ],
            rows: versions,
            empty: nothing,
          }),
          links:
            opened.length > 0
              ? table({
                  caption: '鏈接',
                  columns: [{ label: '鏈接' }, { label: '點了幾次', number: true }],
                  rows: opened,
                  empty: nothing,
                })
              : '',
          batches:
            batches.length > 0
              ? table({
                  caption: '群發的批次',
                  columns: [{ label: '交了幾人', number: true }, { label: '微信的回報' }],
                  rows: batches,
                  empty: nothing,
                })
              : '',
          back:
            reached > 0 && reached <= atOnce
              ? tellCameBack({ ...(await cameBack(services, push._id)), reached })
              : '',
          isBig: reached > atOnce,
        };
      });
    },
  ),
  act(
    '/pushes/:id/back',
    may('pushes.see'),
    { what: '算推送之後回來的人', asks: one },
    async (visit, asked) =>
      done('開始算了，好了鈴鐺會響。', { to: await visit.start(cameBackTask, { push: asked.id }) }),
  ),
  act(
    '/pushes/:id/missed',
    may('pushes.see'),
    {
      what: '導出推送沒收到的人',
      asks: z.object({ id, reason: maybe(line(300)), format: z.enum(['csv', 'xlsx']).default('xlsx') }),
    },
    async (visit, asked) => {
      await visit.services.pushes.get(asked.id);
      const { id: push, ...more } = asked;
      return done('開始導出。', { to: await visit.start(missedTask, { push, ...more }) });
    },
  ),
  part(
    '/pushes/:id/again-form',
    may('pushes.edit'),
    { template: 'push-again', asks: one },
    async ({ services: { pushes } }, asked) => {
      const { push, counts } = await pushes.status(asked.id);
      const reasons = Object.entries(counts.reasons).filter(([, n]) => n > 0);
      return {
        any: reasons.length > 0,
        form: form({
          to: `/pushes/${push._id}/again`,
          submit: '寫一份補發的草稿',
          fields: [
            {
              name: 'next',
              label: '新的編號',
              kind: 'text',
              required: true,
              most: 24,
              value: await pushes.freeId(`${push._id.replaceAll('.', '-').slice(0, 17)}-2`),
            },
            {
              name: 'reasons',
              label: '補給誰（不選就是全部，連「不明」的在內：她可能會收到兩次）',
              kind: 'ticks',
              value: [],
              options: reasons.map(([value, n]) => ({
                value,
                label: `${tellReason(value)}（${figure(n)} 人）`,
              })),
            },
          ],
        }),
      };
    },
  ),
  act(
    '/pushes/:id/again',
    may('pushes.edit'),
    { what: '補發推送', asks: z.object({ id, next: line(60), reasons: several(line(300)) }) },
    async ({ services: { pushes }, by }, asked) => {
      if (!/^[a-z0-9][a-z0-9-]{0,23}$/.test(asked.next))
        throw atField('next', '只能用小寫字母、數字和連字號，最多 24 個字');
      const { counts } = await pushes.status(asked.id);
      if (Object.keys(counts.reasons).length === 0)
        throw new AppError('NotFound', 'push.none-missed', '這個推送沒有漏掉誰，不用補發。');
      const row = await pushes.again(asked.id, {
        id: asked.next,
        by,
        ...(asked.reasons.length > 0 ? { reasons: asked.reasons } : {}),
      });
      return done('寫好了補發的草稿，先看再開始。', { to: `/pushes/${row._id}`, after: { id: row._id } });
    },
  ),
];

const deliveryWords = {
  sent: '發出',
  handed: '交給群發',
  failed: '失敗',
  unknown: '不明',
  skipped: '沒發',
  pending: '等著',
  sending: '正在發',
} as const;

const atField = (name: string, message: string): AppError =>
  new AppError('Invalid', 'push.field', message, { details: { fields: { [name]: message } } });
