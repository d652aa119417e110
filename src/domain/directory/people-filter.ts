import { z } from 'zod';
import { AppError } from '../../errors';
import { dayNumber } from '../../kit/beijing';
import type { Rule } from '../segments/rule';

/** What the list of people is asked for. All of it has to be true; `q` and `tag` name people, the rest is what segments ask. */
export const peopleFilter = z.object({
  /** A pid, an openid, or how a name that she chose begins. */
  q: z.string().optional(),
  /** The name of one of our tags at WeChat. */
  tag: z.string().optional(),
  segment: z.string().optional(),
  channel: z.string().optional(),
  stage: z.string().optional(),
  script: z.enum(['hant', 'hans', 'none']).optional(),
  phone: z.enum(['yes', 'no']).optional(),
  window: z.enum(['open', 'shut']).optional(),
  /** A Beijing day. */
  seen: z.string().optional(),
  points: z.number().optional(),
  quiz: z.string().optional(),
  /** At least so far in that quiz. */
  level: z.number().optional(),
  /** A rule, as a sentence or as JSON. */
  sentence: z.string().optional(),
});
export type PeopleFilter = z.infer<typeof peopleFilter>;

/**
 * The rule of a filter, without `q` and `tag`; `today` a Beijing day.
 * @throws AppError Invalid where two of its values do not go together, or the sentence is none
 */
export async function ruleOf(
  asked: PeopleFilter,
  { today, readText }: { today: string; readText: (text: string) => Promise<Rule> },
): Promise<Rule> {
  const { segment, channel, stage, script, phone, window, seen, points, quiz, level, sentence } = asked;
  if (level !== undefined && quiz === undefined)
    throw new AppError('Invalid', 'people.level', '關卡是某個活動的：請先選活動，再填第幾關。');
  const days = seen === undefined ? undefined : dayNumber(today) - dayNumber(seen) + 1;
  if (days !== undefined && (Number.isNaN(days) || days < 1 || days > 3_650))
    throw new AppError('Invalid', 'people.seen', `「${seen}」不是十年以內、今天為止的一天。`);
  const all: (Rule | undefined)[] = [
    segment === undefined ? undefined : { leaf: 'segment', id: segment },
    channel === undefined ? undefined : { leaf: 'channel', channels: [channel] },
    stage === undefined ? undefined : { leaf: 'stage', stage },
    script === undefined
      ? undefined
      : script === 'none'
        ? {
            none: [
              { leaf: 'script', script: 'hant' },
              { leaf: 'script', script: 'hans' },
            ],
          }
        : { leaf: 'script', script },
    phone === undefined ? undefined : { leaf: phone === 'yes' ? 'phone' : 'no-phone' },
    window === undefined
      ? undefined
      : window === 'open'
        ? { leaf: 'window' }
        : { none: [{ leaf: 'window' }] },
    days === undefined ? undefined : { leaf: 'seen', days },
    points === undefined ? undefined : { leaf: 'points', points },
    quiz === undefined
      ? undefined
      : level === undefined
        ? { leaf: 'played', quiz }
        : { leaf: 'level', quiz, level },
    sentence === undefined ? undefined : await readText(sentence),
  ];
  const rules = all.filter((one) => one !== undefined);
  const [only, ...more] = rules;
  return only === undefined ? { leaf: 'everybody' } : more.length === 0 ? only : { all: rules };
}

/** Whether it asks for everybody. */
export const asksNothing = (asked: PeopleFilter): boolean =>
  Object.values(asked).every((value) => value === undefined);
