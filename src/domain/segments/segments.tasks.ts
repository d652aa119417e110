import type { Writable } from 'node:stream';
import { z } from 'zod';
import { defineTask } from '../../kit/define-task';
import type { Rule } from './rule';

/*
 * Long work on segments. What each needs of the services it states itself: it stands below them.
 */

type Take = { format: 'csv' | 'xlsx'; out: Writable; by: string };
type Segments = {
  get(id: string): Promise<{ _id: string; name: string; rule: Rule; version: number }>;
  readText(text: string): Promise<Rule>;
  tell(rule: Rule): string;
  ids(rule: Rule): AsyncIterable<string>;
  measureAll(onStep: (done: number, of: number) => Promise<void>): Promise<number>;
  playerGroups(
    campaign: { id: string; title: string },
    how: { by: string; dry: boolean },
  ): Promise<{ id: string; name: string; people: number }[]>;
};
type Exports = {
  segment(
    asked: ({ segment: string; version: number } | { rule: string }) & { pids: AsyncIterable<string> },
    take: Take,
  ): Promise<{ rows: number }>;
};
type Listed = { segment: { _id: string; name: string }; people: number; added: number };
type Lists = {
  addPids(
    asked: { id: string; name: string; by: string; pids: string[] },
    onStep: (done: number, of: number) => Promise<void>,
  ): Promise<Listed>;
  fromRule(
    asked: { id: string; name: string; by: string; rule: Rule },
    onStep: (done: number) => Promise<void>,
  ): Promise<Listed>;
};
type People = {
  rebuild(onStep: (done: number) => Promise<void>): Promise<number>;
  differences(): AsyncIterable<{ pid: string }>;
};

const format = z.enum(['csv', 'xlsx']);
export const fileTypes = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

/** Who is in a segment, or fits a sentence: pids and nothing else. */
export const segmentOut = defineTask({
  name: 'segment-out',
  input: z.object({ segment: z.string().optional(), rule: z.string().optional(), format }),
  title: ({ segment }) => (segment === undefined ? '導出符合條件的人' : `導出分群「${segment}」`),
  async run({ segments, exports }: { segments: Segments; exports: Exports }, asked, { by, progress, file }) {
    const known = asked.segment === undefined ? undefined : await segments.get(asked.segment);
    const rule = known?.rule ?? (await segments.readText(asked.rule ?? ''));
    async function* pids() {
      let done = 0;
      for await (const pid of segments.ids(rule)) {
        yield pid;
        if (++done % 1_000 === 0) await progress({ done });
      }
    }
    const out = file(`${known?._id ?? 'people'}.${asked.format}`, fileTypes[asked.format]);
    const what = known ? { segment: known._id, version: known.version } : { rule: segments.tell(rule) };
    const { rows } = await exports.segment({ ...what, pids: pids() }, { format: asked.format, out, by });
    return { text: `寫好了，${rows} 人，只有編號（pid）。\n條件：${segments.tell(rule)}` };
  },
});

/** Every segment's size. */
export const segmentsMeasured = defineTask({
  name: 'segments-measured',
  input: z.object({}),
  title: () => '所有分群重新數一遍',
  async run({ segments }: { segments: Segments }, _input, { progress }) {
    const n = await segments.measureAll((done, total) => progress({ done, total }));
    return { text: `${n} 個分群都數好了。`, href: '/segments' };
  },
});

export const peopleRebuilt = defineTask({
  name: 'people-rebuilt',
  input: z.object({}),
  title: () => '每個人的資料重新算一遍',
  async run({ people }: { people: People }, _input, { progress }) {
    const n = await people.rebuild((done) => progress({ done }));
    return { text: `算好了，共 ${n} 人。`, href: '/segments' };
  },
});

/** Only looks whether what segments are asked of is what the domains know. */
export const peopleCompared = defineTask({
  name: 'people-compared',
  input: z.object({}),
  title: () => '比對每個人的資料',
  async run({ people }: { people: People }, _input, { progress }) {
    const first: string[] = [];
    let n = 0;
    for await (const { pid } of people.differences()) {
      if (++n <= 20) first.push(pid);
      await progress({ done: n, text: '人不同' });
    }
    return {
      text: n === 0 ? '每個人都一致。' : `有 ${n} 人不同，重新算一遍就好：\n${first.join('\n')}`,
      href: '/segments',
    };
  },
});

export const playersGrouped = defineTask({
  name: 'players-grouped',
  input: z.object({ campaign: z.string(), dry: z.boolean() }),
  title: ({ campaign, dry }) => `${dry ? '看看' : '存下'}活動「${campaign}」的參加者分群`,
  async run(
    services: { segments: Segments; campaigns: { row(id: string): Promise<{ _id: string; title: string }> } },
    { campaign, dry },
    { by },
  ) {
    const { _id: id, title } = await services.campaigns.row(campaign);
    const groups = await services.segments.playerGroups({ id, title }, { by, dry });
    if (groups.length === 0) return { text: `還沒有人玩過「${title}」；剛玩過的，幾秒後才算進來。` };
    const told = groups.map((one) => `${one.id}　${one.people} 人　${one.name}`).join('\n');
    const end = dry ? '只是看看，什麼都沒有存' : `存了 ${groups.length} 個分群`;
    return { text: `${end}；性別、地區、年齡裡不到 5 人的不成群。\n${told}`, href: '/segments' };
  },
});

const list = { id: z.string(), name: z.string() };

export const listFilled = defineTask({
  name: 'segment-list-filled',
  input: z.object({ ...list, pids: z.array(z.string()).max(300_000) }),
  title: ({ name, pids }) => `名單「${name}」加 ${pids.length} 人`,
  async run({ segmentLists }: { segmentLists: Lists }, input, { by, progress }) {
    return tellListed(
      await segmentLists.addPids({ ...input, by }, (done, total) => progress({ done, total })),
    );
  },
});

/** Whoever fits now, for good. */
export const listFrozen = defineTask({
  name: 'segment-list-frozen',
  input: z.object({ ...list, rule: z.string() }),
  title: ({ name }) => `這一刻符合的人存成名單「${name}」`,
  async run(
    { segments, segmentLists }: { segments: Segments; segmentLists: Lists },
    { rule: text, ...asked },
    { by, progress },
  ) {
    const rule = await segments.readText(text);
    return tellListed(await segmentLists.fromRule({ ...asked, rule, by }, (done) => progress({ done })));
  },
});

export const segmentTasks = [
  segmentOut,
  segmentsMeasured,
  peopleRebuilt,
  peopleCompared,
  playersGrouped,
  listFilled,
  listFrozen,
];

const tellListed = ({ segment: { _id, name }, people, added }: Listed) => ({
  text: `名單「${name}」：${people} 人，新加 ${added}，原來就在的 ${people - added}。`,
  href: `/segments/${_id}`,
});
