import { z } from 'zod';
import { scriptNames } from '../../domain/directory/described';
import type { PeopleFilter } from '../../domain/directory/people-filter';
import { messagesLeft, windowUntil } from '../../domain/rations';
import { stageCodes, stageNames } from '../../domain/stages/stage-rules';
import { beijingMoment } from '../../kit/beijing';
import { maskBoardName } from '../../kit/mask';
import type { Visit } from './console';
import { cursor, day, id, line, maybe, whole } from './form';
import type { Cell, Filter } from './parts';

/* Lists of people look alike on every page. */

/** What the list of people is asked for in an address or a form. */
export const peopleAsked = z.object({
  q: maybe(line(60)),
  tag: maybe(line(30)),
  segment: maybe(id),
  channel: maybe(line(64)),
  stage: maybe(z.enum(stageCodes)),
  script: maybe(z.enum(['hant', 'hans', 'none'])),
  phone: maybe(z.enum(['yes', 'no'])),
  window: maybe(z.enum(['open', 'shut'])),
  seen: maybe(day),
  points: maybe(whole(1, 100_000_000)),
  quiz: maybe(id),
  level: maybe(whole(1, 1_000)),
  sentence: maybe(line(2_000)),
});
export const listAsked = peopleAsked.extend({
  sort: maybe(z.enum(['seen', '-seen', 'followed', '-followed', 'points', '-points'])),
  cursor,
});
export type PeopleAsked = z.infer<typeof peopleAsked>;

/** Only what is asked: undefined fields are none. */
export const filterOf = (asked: PeopleAsked): PeopleFilter =>
  Object.fromEntries(
    Object.keys(peopleAsked.shape).flatMap((name) => {
      const value = asked[name as keyof PeopleAsked];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** As it stands in an address. */
export const queryOf = (asked: Record<string, string | number | undefined>): string =>
  new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();

/** Her name as this visitor may read it. */
export const nameFor = ({ may }: Pick<Visit, 'may'>, name: string): string =>
  may('people.full') ? name : maskBoardName(name);

/** The name that leads to her page, with her pid below. */
export const personCell = (visit: Pick<Visit, 'may'>, pid: string, name: string): Cell => ({
  text: nameFor(visit, name),
  href: `/subscribers/${pid}`,
  note: pid,
  own: true,
});

/** What customer messages may still be sent to these people now, by pid. */
export async function windowsOf({ services, now }: Visit, pids: string[]): Promise<Map<string, Cell>> {
  const { subscribers, reach } = services;
  const known = await subscribers.known(pids);
  const reaches = await reach.of(known.map(({ fan }) => fan));
  return new Map(
    known.map(({ pid, fan }): [string, Cell] => {
      const hers = reaches.get(fan) ?? {};
      const until = windowUntil(hers, now, reach.rations);
      return [
        pid,
        until === undefined
          ? { text: '沒開', tone: 'grey' }
          : {
              text: `還能發 ${messagesLeft(hers, now, reach.rations)} 條`,
              tone: 'green',
              note: `到 ${beijingMoment(until)}`,
            },
      ];
    }),
  );
}

export async function peopleFilters({ services }: Visit, asked: PeopleAsked): Promise<Filter[]> {
  const [segments, tags, quizzes] = await Promise.all([
    services.segments.list(),
    services.tags.names(),
    Promise.resolve(services.campaigns.list()),
  ]);
  const named = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).map(([value, label]) => ({ value, label }));
  return [
    { kind: 'text', name: 'q', label: 'pid、名字開頭', value: asked.q },
    {
      kind: 'select',
      name: 'segment',
      label: '分群',
      value: asked.segment,
      options: segments.map(({ _id, name }) => ({ value: _id, label: name })),
    },
    {
      kind: 'select',
      name: 'tag',
      label: '標籤',
      value: asked.tag,
      options: tags.map((name) => ({ value: name, label: name })),
    },
    { kind: 'select', name: 'stage', label: '階段', value: asked.stage, options: named(stageNames) },
    { kind: 'text', name: 'channel', label: '渠道', value: asked.channel },
    { kind: 'day', name: 'seen', label: '這天以後來過', value: asked.seen },
    {
      kind: 'select',
      name: 'window',
      label: '客服窗口',
      value: asked.window,
      options: named({ open: '開著', shut: '沒開' }),
    },
    {
      kind: 'select',
      name: 'phone',
      label: '手機',
      value: asked.phone,
      options: named({ yes: '綁定了', no: '沒有綁定' }),
    },
    {
      kind: 'select',
      name: 'script',
      label: '用字',
      value: asked.script,
      options: named({ ...scriptNames, none: '未知' }),
    },
    { kind: 'text', name: 'points', label: '積分至少', value: asked.points?.toString() },
    {
      kind: 'select',
      name: 'quiz',
      label: '玩過活動',
      value: asked.quiz,
      options: quizzes.map(({ _id, title }) => ({ value: _id, label: title })),
    },
    { kind: 'text', name: 'level', label: '活動裡至少第幾關', value: asked.level?.toString() },
    { kind: 'text', name: 'sentence', label: '條件句', value: asked.sentence },
  ];
}
