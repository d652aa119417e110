import { z } from 'zod';
import { type Conversation, endedNames, stateNames, whyNames } from '../../../domain/desk/conversation';
import type { Line } from '../../../domain/desk/transcript';
import { stageNames } from '../../../domain/stages/stage-rules';
import { AppError } from '../../../errors';
import { beijingMoment, beijingTime } from '../../../kit/beijing';
import { randomId } from '../../../kit/ids';
import { maskBoardName } from '../../../kit/mask';
import { act, done, may, page, part, type Visit } from '../console';
import { id, lines } from '../form';
import { confirm, form } from '../parts';
import { conversationsTable } from './desk';

const one = z.object({ id });
const saying = z.object({ id, words: lines(2_000), once: id });

const shownLine = (line: Line, names: Map<string, string>) => ({
  at: line.at,
  from: line.from,
  who: line.from === 'her' ? '' : line.from === 'bot' ? '小藝' : (names.get(line.who ?? '') ?? '離開的同事'),
  text: line.text,
  note: line.note,
  missed: line.missed,
});

/** What she and we said, where it stands, and what she may still be sent. */
async function nowOf(visit: Visit, row: Conversation) {
  const { desk } = visit.services;
  const [transcript, standing, team] = await Promise.all([
    desk.transcript(row),
    desk.standingOf(row.pid),
    desk.team(),
  ]);
  const names = new Map(team.map((mate) => [mate.id, mate.name]));
  const name = names.get(row.agent ?? '') ?? '同事';
  const where = {
    waiting: '她在等人接，小藝還在答。',
    open: row.agent === visit.who.id ? '你在和她談，小藝不插嘴。' : `${name}在和她談，小藝不插嘴。`,
    closed: `結束了：${row.ended ? endedNames[row.ended] : ''}${row.closedAt ? `，${beijingMoment(row.closedAt.getTime())}` : ''}。小藝在答。`,
  }[row.state];
  const asked = [...new Set(transcript.filter(({ missed }) => missed).map(({ text }) => text))];
  return {
    id: row._id,
    state: row.state,
    stateName: stateNames[row.state],
    where,
    rating: row.rating === undefined ? '' : row.rating === 'good' ? '她說滿意。' : '她說不滿意。',
    lines: transcript.map((line) => shownLine(line, names)),
    missed: asked,
    left: standing.left,
    until: standing.until ?? 0,
    why: standing.why,
  };
}

/** Who she is, in a few lines. */
async function profileOf({ services, may: mayI }: Visit, pid: string) {
  const known = await services.subscribers.byPid(pid);
  const [row, names, { standing }, attributes, points] = await Promise.all([
    known && services.subscribers.load(known.fan),
    services.names.nameOf([pid]),
    services.stages.of(pid),
    services.attributes.of(pid),
    services.points.balance(pid),
  ]);
  const name = names.get(pid) ?? '';
  const facts: { label: string; value: string; own?: true }[] = [
    { label: '關注', value: row?.followedAt ? beijingMoment(row.followedAt.getTime()) : '不知道' },
    row?.channel
      ? { label: '從哪裡來', value: row.channel.first, own: true }
      : { label: '從哪裡來', value: '不知道' },
    { label: '城市', value: (row?.cityId && services.cities.get(row.cityId)?.name) || '不知道' },
    { label: '用字', value: row?.script === 'hans' ? '簡體' : row?.script === 'hant' ? '繁體' : '不知道' },
    { label: '階段', value: standing ? stageNames[standing.stage] : '不知道' },
    { label: '積分', value: points.toLocaleString('en') },
    ...attributes.slice(0, 8).map(({ name: label, value }) => ({ label, value, own: true as const })),
  ];
  return {
    name: mayI('people.full') ? name : maskBoardName(name),
    facts: facts.map((fact) => ({ own: false, ...fact })),
  };
}

export default [
  page(
    '/desk/:id',
    may('desk.see'),
    { title: '對話', template: 'desk-talk', asks: one, sees: '看客服對話' },
    async (visit, asked) => {
      const { services, who } = visit;
      const row = await services.desk.get(asked.id);
      const [now, profile, answers, notes, team] = await Promise.all([
        nowOf(visit, row),
        profileOf(visit, row.pid),
        services.desk.answers.list(),
        services.notes.of(row.pid, 20),
        services.desk.team(),
      ]);
      const isMine = row.state === 'open' && row.agent === who.id;
      const colleagues = team.filter((mate) => mate.answers && mate.id !== who.id);
      return {
        title: `和${profile.name}的對話`,
        now,
        profile,
        pid: row.pid,
        whyName: whyNames[row.why],
        at: row.at.getTime(),
        isMine,
        mayAnswer: visit.may('desk.answer'),
        mayNote: visit.may('people.note'),
        /** One for each time the box is shown: pressed twice, it is said once. */
        once: randomId(),
        answers: answers.map(({ title, words }) => ({ title, words })),
        notes: notes.map(({ words, by, at }) => ({ words, by, at: at.getTime() })),
        note: form({
          to: `/desk/${row._id}/note`,
          submit: '記下',
          draft: `note:${row.pid}`,
          fields: [
            {
              name: 'words',
              label: '備註',
              kind: 'lines',
              required: true,
              most: 500,
              help: '同事看得到，她不會收到；她要自己的資料時會看到。',
            },
          ],
        }),
        handOver:
          colleagues.length === 0
            ? null
            : form({
                to: `/desk/${row._id}/hand-over`,
                submit: '轉給她',
                fields: [
                  {
                    name: 'to',
                    label: '轉給同事',
                    kind: 'select',
                    required: true,
                    options: [
                      { value: '', label: '選一位' },
                      ...colleagues.map((mate) => ({ value: mate.id, label: mate.name })),
                    ],
                  },
                ],
              }),
        close: confirm({
          id: 'close',
          to: `/desk/${row._id}/close`,
          label: '結束',
          title: '結束這段對話？',
          text: '小藝接著答她。還發得了消息的話，會告訴她一聲，並請她說說滿不滿意。',
          submit: '結束',
        }),
      };
    },
  ),
  part('/desk/:id/now', may('desk.see'), { template: 'desk-lines', asks: one }, async (visit, asked) => ({
    now: await nowOf(visit, await visit.services.desk.get(asked.id)),
  })),
  act(
    '/desk/:id/claim',
    may('desk.answer'),
    { what: '接對話', asks: one },
    async ({ services, who }, asked) => {
      await services.desk.claim(asked.id, who.id);
      return done('接過來了，小藝不再插嘴。', { to: `/desk/${asked.id}` });
    },
  ),
  act(
    '/desk/:id/answer',
    may('desk.answer'),
    { what: '回答用戶', asks: saying },
    async ({ services, who }, asked) => {
      await services.desk.answer({ ...asked, me: who.id });
      return done('發了。');
    },
  ),
  act(
    '/desk/:id/keep',
    may('desk.answer'),
    { what: '留話給用戶', asks: saying },
    async ({ services, who }, asked) => {
      await services.desk.keep({ ...asked, me: who.id });
      return done('留好了，她下次說話就讀到。');
    },
  ),
  act(
    '/desk/:id/hand-over',
    may('desk.answer'),
    { what: '轉給同事', asks: z.object({ id, to: id }) },
    async ({ services, who }, asked) => {
      await services.desk.handOver(asked.id, who.id, asked.to);
      return done('轉過去了。', { to: '/desk', before: { agent: who.id }, after: { agent: asked.to } });
    },
  ),
  act(
    '/desk/:id/release',
    may('desk.answer'),
    { what: '放回隊裡', asks: one },
    async ({ services, who }, asked) => {
      await services.desk.release(asked.id, who.id);
      return done('放回去了，她還排在原來的位置。', { to: '/desk' });
    },
  ),
  act(
    '/desk/:id/close',
    may('desk.answer'),
    { what: '結束對話', asks: one },
    async ({ services, who }, asked) => {
      await services.desk.close(asked.id, who.id);
      return done('結束了，小藝接著答她。', { to: '/desk' });
    },
  ),
  act(
    '/desk/:id/note',
    may('people.note'),
    { what: '寫備註', asks: z.object({ id, words: lines(500) }) },
    async ({ services, by }, asked) => {
      const { pid } = await services.desk.get(asked.id);
      await services.notes.write({ pid, words: asked.words, by });
      return done('記下了。');
    },
  ),
  page(
    '/desk/with/:pid',
    may('desk.see'),
    { title: '她的對話', template: 'desk-with', asks: z.object({ pid: id }), sees: '看一位用戶的客服對話' },
    async (visit, { pid }) => {
      const { services, who } = visit;
      if (!(await services.subscribers.byPid(pid)))
        throw new AppError('NotFound', 'desk.nobody', '沒有這位用戶，或她已經取消關注。');
      const [list, profile, standing] = await Promise.all([
        services.desk.list({ pid, show: 'all', me: who.id }),
        profileOf(visit, pid),
        services.desk.standingOf(pid),
      ]);
      return {
        title: `${profile.name}的對話`,
        pid,
        name: profile.name,
        standing:
          standing.left > 0 && standing.until !== undefined
            ? `現在可以發 ${standing.left} 條，到 ${beijingMoment(standing.until).slice(5, 10)} ${beijingTime(standing.until)} 為止。`
            : standing.why,
        take: form({ to: `/desk/with/${pid}/take`, submit: '和她談', fields: [] }),
        table: await conversationsTable(
          visit,
          list,
          {},
          {
            path: `/desk/with/${pid}`,
            empty: { title: '還沒有和她談過', text: '按「和她談」就開始一段對話，小藝不再插嘴。' },
          },
        ),
      };
    },
  ),
  act(
    '/desk/with/:pid/take',
    may('desk.answer'),
    { what: '找用戶談', asks: z.object({ pid: id }) },
    async ({ services, who }, { pid }) => {
      const conversation = await services.desk.take(pid, who.id);
      return done('接過來了，小藝不再插嘴。', { to: `/desk/${conversation}` });
    },
  ),
];
