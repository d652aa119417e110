import { z } from 'zod';
import { isQuiet } from '../../../domain/pushes/gate';
import { createPace } from '../../../domain/pushes/pace';

import { tellReason } from '../../../domain/pushes/reasons';
import { figure, tellSpan } from '../../../domain/pushes/tell-plan';
import { testerOf } from '../../../domain/pushes/testers';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { act, done, may, part } from '../console';
import { id, line, maybe, reason, several, ticked } from '../form';
import { tiles } from '../parts';
import { atField, stateWord, testsOf } from '../push-views';
import { slowly } from '../slowly';

const one = z.object({ id });

/** How fast each goes, as it was looked at from here. */
const paces = new Map<string, (done: number) => number>();

export default [
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
];
