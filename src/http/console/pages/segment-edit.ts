import { z } from 'zod';
import { rowsOf } from '../../../domain/segments/rows';
import { isList } from '../../../domain/segments/segments';
import { AppError } from '../../../errors';
import { monotonicMs } from '../../../kit/clock';
import type { Services } from '../../../services';
import { act, done, may, page, part, type Visit } from '../console';
import { id, line, lines, maybe, whole } from '../form';
import { field } from '../parts';
import { peopleTable } from '../people-table';
import {
  emptyRows,
  groupedLeaves,
  type RuleAsked,
  rowsIn,
  rowsShown,
  ruleFields,
  ruleFrom,
  type Suggestions,
} from '../rule-form';
import { tellSize } from '../sizes';
import { slowly } from '../slowly';
import { peopleOf } from './segment';

/** What stands in the places of conditions, by their names. */
async function suggestions(services: Services): Promise<Suggestions> {
  const [campaigns, segments, surveys, names] = await Promise.all([
    services.campaigns.list(),
    services.segments.list(),
    services.surveys.list(),
    services.attributes.names(),
  ]);
  const quizzes = campaigns.map(({ _id, title }) => ({ value: _id, label: title }));
  return {
    quiz: quizzes,
    campaign: quizzes,
    id: segments.map(({ _id, name }) => ({ value: _id, label: name })),
    survey: surveys.map(({ _id, survey }) => ({ value: _id, label: survey.title })),
    name: names.map((name) => ({ value: name, label: name })),
    mark: [
      ...new Set(
        surveys.flatMap(({ survey }) =>
          survey.questions.flatMap(({ to }) => (to && 'mark' in to ? [to.mark] : [])),
        ),
      ),
    ].map((mark) => ({ value: mark, label: mark })),
  };
}

async function editor({ services }: Visit, sentence: string) {
  const rule = sentence === '' ? undefined : await services.segments.readText(sentence);
  const leaves = services.segments.leaves();
  return {
    sentence,
    was: sentence,
    rows: rowsShown(rule ? rowsOf(rule, leaves) : emptyRows, services.segments, await suggestions(services)),
    groups: groupedLeaves(services.segments),
  };
}

/** What a sentence that cannot be read looks like, cut at the place that is not understood. */
function refusalOf(error: unknown, typed: string) {
  if (!(error instanceof AppError) || !error.expose) throw error;
  const { part: bad = '', nearest = [] } = (error.details ?? {}) as { part?: string; nearest?: string[] };
  const at = bad === '' ? -1 : typed.indexOf(bad);
  const { fields = {} } = (error.details ?? {}) as { fields?: Record<string, string> };
  return {
    message: bad === '' ? error.message : '',
    before: at < 0 ? '' : typed.slice(0, at),
    bad,
    after: at < 0 ? '' : typed.slice(at + bad.length),
    nearest,
    fields: Object.values(fields),
  };
}
const readable = { message: '', before: '', bad: '', after: '', nearest: [], fields: [] };

/** The other of both forms follows; what cannot be read leaves everything as it is. */
async function followed(visit: Visit, asked: RuleAsked) {
  const { segments } = visit.services;
  try {
    const { rule, led, text } = await ruleFrom(segments, asked);
    const rows = led === 'sentence' ? rowsOf(rule, segments.leaves()) : rowsIn(asked);
    return { ...readable, told: segments.tell(rule), sentence: text, was: text, led, rows };
  } catch (error) {
    const refused = refusalOf(error, asked.sentence);
    return {
      ...refused,
      told: '',
      sentence: asked.sentence,
      was: asked.was,
      led: 'neither' as const,
      rows: rowsIn(asked),
    };
  }
}

const changes = {
  add: maybe(whole(0, 11)),
  addGroup: maybe(z.string()),
  drop: maybe(whole(0, 59)),
  dropGroup: maybe(whole(0, 11)),
};

/** A row more, or less. */
function changedRows(
  asked: RuleAsked,
  { add, addGroup, drop, dropGroup }: z.infer<z.ZodObject<typeof changes>>,
): RuleAsked {
  const empty = { not: '', leaf: '', p0: '', p1: '', p2: '', p3: '' };
  let { groups, conditions } = asked;
  if (add !== undefined) conditions = [...conditions, { group: String(add), ...empty }];
  if (addGroup !== undefined) {
    conditions = [...conditions, { group: String(groups.length), ...empty }];
    groups = [...groups, { joint: 'any' }];
  }
  if (drop !== undefined) conditions = conditions.filter((_, n) => n !== drop);
  if (dropGroup !== undefined) {
    groups = groups.filter((_, n) => n !== dropGroup);
    conditions = conditions.flatMap((one) => {
      const group = Number(one.group);
      return group === dropGroup ? [] : [{ ...one, group: String(group > dropGroup ? group - 1 : group) }];
    });
  }
  return { ...asked, groups, conditions };
}

const named = { id: line(40), name: line(40) };

export default [
  page(
    '/segments/new',
    may('segments.edit'),
    { title: '新建分群', template: 'segment-edit', asks: z.object({ sentence: maybe(lines(2_000)) }) },
    async (visit, asked) => ({
      heading: '新建分群',
      back: '/segments',
      to: '/segments/new',
      draft: 'segment:new',
      base: '',
      version: 0,
      fields: [
        field({
          name: 'name',
          label: '名稱',
          kind: 'text',
          required: true,
          most: 40,
          placeholder: '像：問過酒店的女生',
        }),
        field({
          ...{ name: 'id', label: '編號', kind: 'text', required: true, most: 40 },
          help: '小寫字母、數字、連字號，像 hotel-women；定了不能改',
        }),
      ],
      ...(await editor(visit, asked.sentence ?? '')),
    }),
  ),
  page(
    '/segments/:id/edit',
    may('segments.edit'),
    { title: '修改分群', template: 'segment-edit', asks: z.object({ id }) },
    async (visit, asked) => {
      const { segments } = visit.services;
      const segment = await segments.get(asked.id);
      const { _id, name, rule, version } = segment;
      if (isList(segment))
        throw new AppError(
          'Conflict',
          'segment.list',
          `「${name}」是名單，沒有規則可改；加人在「名單、參加者、重算」。`,
        );
      return {
        heading: `修改「${name}」`,
        title: `修改「${name}」`,
        back: `/segments/${_id}`,
        to: `/segments/${_id}/edit`,
        draft: `segment:${_id}`,
        base: String(version),
        version,
        fields: [field({ name: 'name', label: '名稱', kind: 'text', required: true, most: 40, value: name })],
        ...(await editor(visit, segments.tell(rule))),
      };
    },
  ),
  /** A condition was chosen, a row came or went: the rows anew, and what they mean. */
  part(
    '/segments/rule/rows',
    may('segments.see'),
    { template: 'segment-rows', asks: z.object({ ...ruleFields, ...changes }) },
    async (visit, asked) => {
      const form = changedRows(asked, asked);
      const now = await followed(visit, { ...form, sentence: form.was });
      return {
        now,
        sentence: now.sentence,
        was: now.was,
        follows: now.led === 'rows',
        rows: rowsShown(rowsIn(form), visit.services.segments, await suggestions(visit.services)),
      };
    },
  ),
  /** Something was typed, in the sentence or in a row: the other follows. */
  part(
    '/segments/rule/live',
    may('segments.see'),
    { template: 'segment-live', asks: z.object(ruleFields) },
    async (visit, asked) => {
      const now = await followed(visit, asked);
      const anew = now.led === 'sentence';
      return {
        now,
        anew,
        // After a sentence was read `was` is what was typed.
        follows: now.led !== 'neither',
        rows: anew
          ? rowsShown(now.rows, visit.services.segments, await suggestions(visit.services))
          : { deep: false, joint: 'all', groups: [], lists: [] },
      };
    },
  ),
  /** Who that would be. */
  part(
    '/segments/rule/found',
    may('segments.see'),
    { template: 'segment-found', asks: z.object({ rule: lines(100_000) }) },
    async (visit, asked) =>
      slowly(async () => {
        const { segments, people } = visit.services;
        const rule = await segments.readText(asked.rule);
        const began = monotonicMs();
        const count = await segments.count(rule);
        const seconds = ((monotonicMs() - began) / 1_000).toFixed(1);
        return {
          href: peopleOf(segments, rule),
          count: tellSize(count),
          exact: count.exact,
          of: count.of.toLocaleString('en'),
          seconds,
          followedTo: (await people.followedTo()) ?? 0,
          others: count.people === 0 ? await segments.otherValues(rule) : [],
          sources: await segments.sourcesOf(rule),
          table: await peopleTable(visit, await segments.sample(rule), {
            caption: '二十個人',
            empty: { title: '沒有人', text: '放寬一個條件再看。' },
          }),
        };
      }),
  ),
  act(
    '/segments/new',
    may('segments.edit'),
    { what: '建立分群', asks: z.object({ ...named, ...ruleFields }) },
    async ({ services: { segments }, by }, asked) => {
      const { rule } = await atField(ruleFrom(segments, asked));
      const saved = await segments.save({ id: asked.id, name: asked.name, rule, by, expects: 0 });
      return done(`「${saved.name}」存好了。`, {
        to: `/segments/${saved._id}`,
        after: { id: saved._id, name: saved.name, rule: segments.tell(rule) },
      });
    },
  ),
  act(
    '/segments/:id/edit',
    may('segments.edit'),
    {
      what: '修改分群',
      asks: z.object({ id, name: line(40), version: whole(1, 1_000_000), ...ruleFields }),
    },
    async ({ services: { segments }, by }, asked) => {
      const { rule } = await atField(ruleFrom(segments, asked));
      const before = await segments.get(asked.id);
      const saved = await segments.save({
        ...{ id: before._id, name: asked.name, rule, by },
        expects: asked.version,
      });
      const same = saved.version === before.version;
      return done(
        same
          ? '存好了，規則沒有變。'
          : `存好了，現在是第 ${saved.version} 版；排定的推送照它排定時的那一版。`,
        {
          to: `/segments/${saved._id}`,
          before: { name: before.name, rule: segments.tell(before.rule) },
          after: { name: saved.name, rule: segments.tell(rule) },
        },
      );
    },
  ),
];

/** What cannot be read is told at the sentence, unless a row is to blame. */
async function atField<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof AppError) || !error.expose) throw error;
    const {
      fields,
      part: bad,
      nearest,
    } = (error.details ?? {}) as {
      fields?: Record<string, string>;
      part?: string;
      nearest?: string[];
    };
    if (fields) throw error;
    const words =
      bad === undefined ? error.message : `看不懂「${bad}」。像這樣寫：${nearest?.join('；') ?? ''}`;
    throw new AppError('Invalid', error.code, '規則還讀不懂。', { details: { fields: { sentence: words } } });
  }
}
