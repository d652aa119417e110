import type { Rule } from '../segments/rule';
import type { Count, Segments } from '../segments/segments';
import type { Deliveries } from './deliveries';
import { looksAt } from './plan';
import type { Definition, PushRow } from './push';

const isId = (text: string): boolean => /^[a-z0-9][a-z0-9-]*$/.test(text);

/** No number, no quotation, no joint: hardly a sentence. */
const isLikeName = (text: string): boolean => !/[\d「」『』"“”；;（）(){}]/u.test(text);

export type Audiences = ReturnType<typeof createAudiences>;

/** Whom a push is for: who fits a rule, or whom another push missed. */
export function createAudiences({
  segments,
  deliveries,
}: {
  segments: Pick<Segments, 'get' | 'readText' | 'expanded' | 'count' | 'ids' | 'sample' | 'tell'>;
  deliveries: Deliveries;
}) {
  /** A segment by its id or name, or a sentence. */
  async function ruleIn(text: string): Promise<Rule> {
    if (isId(text) && text !== 'everybody') return (await segments.get(text)).rule;
    try {
      return await segments.readText(text);
    } catch (error) {
      const named = await segments.get(text).catch((unknown: unknown) => {
        throw isLikeName(text) ? unknown : error;
      });
      return named.rule;
    }
  }

  /** The rule of an audience with what it leaves out, all segments in it spelt out. */
  async function ruleOf({ to, except }: Definition['audience']): Promise<Rule> {
    const rule = await ruleIn(to);
    const others = await Promise.all(except.map(async (id) => (await segments.get(id)).rule));
    return segments.expanded(others.length === 0 ? rule : { all: [rule, { none: others }] });
  }

  async function* missedBy({ push, reasons }: NonNullable<PushRow['again']>): AsyncGenerator<string> {
    const filter = { push, missed: true as const, ...(reasons ? { reason: { $in: reasons } } : {}) };
    for await (const { pid } of deliveries.rows.find(filter, { projection: { pid: 1 } })) yield pid;
  }

  /** How many, and some of them. */
  async function of(push: PushRow): Promise<{ count: Count; sample: string[] }> {
    if (push.again) {
      const sample: string[] = [];
      let people = 0;
      for await (const pid of missedBy(push.again)) if (++people <= looksAt) sample.push(pid);
      return { count: { people, exact: true, error: 0, of: people }, sample };
    }
    const rule = push.audience.rule ?? (await ruleOf(push.audience));
    const [count, some] = await Promise.all([segments.count(rule), segments.sample(rule, looksAt)]);
    return { count, sample: some.map(({ _id }) => _id) };
  }

  return {
    ruleIn,
    ruleOf,
    of,
    /** All of a push that is set: their rule stands. */
    idsOf: ({ again, audience }: PushRow): AsyncIterable<string> =>
      again ? missedBy(again) : segments.ids(audience.rule as Rule),
    tell: ({ audience, again }: PushRow): string =>
      again
        ? `「${again.push}」沒收到的人`
        : audience.rule
          ? segments.tell(audience.rule)
          : isId(audience.to)
            ? `分群「${audience.to}」`
            : audience.to,
  };
}
