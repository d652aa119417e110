import { fold } from '../kit/text';
import type { Render } from '../render/render';
import type { Services } from '../services';
import type { Reply } from '../wechat/protocol/reply';
import type { Said } from './bot';
import type { Face } from './face';
import type { Lists } from './lists';
import type { Choice, Rules } from './rules';
import type { Turn } from './turn';
import type { Understanding, Understood, Want } from './understanding/understanding';
import { writeWish } from './understanding/write';
import { asReply } from './words';

/** What was said this long ago is what 「那上海呢」 goes on from. */
const threadMs = 10 * 60_000;
/** Two answers in one reply leave room for the line under them. */
const mostBytes = 1_900;
const mostChoices = 9;

/** Answers sentences by what they mean, and by what was said before them. */
export function createThread(given: {
  rules: Pick<Rules, 'forTopic'>;
  services: Services;
  render: Render;
  understanding: Understanding;
  lists: Lists;
  run: (turn: Turn, choice: Choice, params: Record<string, unknown>) => Promise<Said> | Said;
  notYet: Face['notYet'];
}) {
  const { rules, services, render, understanding, lists, run, notYet } = given;

  /** `undefined`: nobody knows what she means. `named`: what stands where the name of a city is looked for. */
  async function answer(turn: Turn, named?: string): Promise<Said> {
    const { message, cause } = turn;
    if (message.kind !== 'text') return undefined;
    const her = turn.her?._id;
    const before = async () =>
      her === undefined ? undefined : services.inbox.lastAbout(her, cause.at - threadMs);
    const found = await understanding.understand(message.content, { at: cause.at, before });
    turn.understood = found;
    turn.context = undefined; // what rules are given holds what was understood
    return named !== undefined && isStrange(named, found) ? undefined : say(turn, found);
  }

  async function say(turn: Turn, found: Understood): Promise<Said> {
    const [first, ...others] = found.wants;
    if (found.elsewhere !== undefined) return notYet(turn, whatOf(found.elsewhere, found.topic));
    if (!first) return undefined;
    if (found.several) return askWhich(turn, first, found.several);
    let said = await one(turn, first);
    if (found.guess !== undefined) return guessed(said, found.guess);
    for (const other of others) said = await both(turn, said, other);
    return said;
  }

  function one(turn: Turn, { topic, wish, rest }: Want): Promise<Said> | Said {
    const choice = rules.forTopic(topic);
    turn.context = undefined;
    return choice && run(turn, choice, { ...wish, rest });
  }

  const whatOf = (place: string, topic: string | undefined): string =>
    topic === undefined ? `${place}的資料` : `${place}的${topic}`;

  function askWhich(turn: Turn, { topic, wish }: Want, several: NonNullable<Understood['several']>): string {
    const { typed, cities } = several;
    const options = cities.slice(0, mostChoices).map((city) => ({
      label: services.cities.fullName(city),
      says: writeWish(topic, { ...wish, city }),
    }));
    return lists.choose(
      turn,
      render('which-city', { typed, near: true, ...services.offers.now(turn.cause.at) }),
      options,
    );
  }

  function guessed(said: Said, guess: string): Said {
    if (said === undefined) return undefined;
    const reply = asReply(said);
    return reply.kind === 'text' ? `${textOf(render('guess', { guess }))}\n\n${reply.text.trim()}` : reply;
  }

  /** Both answers when one reply holds them and only one is a list to choose from; else the first, and the way to the other. */
  async function both(turn: Turn, said: Said, second: Want): Promise<Said> {
    if (said === undefined) return one(turn, second);
    const before = structuredClone({ talk: turn.talk, changes: turn.changes, effects: turn.effects });
    const { want } = turn;
    const more = await one(turn, second);
    const [a, b] = [asReply(said), more === undefined ? undefined : asReply(more)];
    const texts = a.kind === 'text' && b?.kind === 'text' ? [a.text.trim(), b.text.trim()] : [];
    const listed = [before.talk, turn.talk].filter(({ choices, more: next }) => choices ?? next).length;
    const whole = texts.join('\n\n');
    if (texts.length === 2 && listed < 2 && Buffer.byteLength(whole) <= mostBytes) return whole;
    Object.assign(turn, before, { want, context: undefined });
    if (a.kind !== 'text') return a;
    const ask = writeWish(second.topic, second.wish);
    return `${a.text.trim()}\n\n${textOf(render('also', { ask }))}`;
  }

  return { answer };
}

/** 「月球天氣」 asks for a place that nobody knows; 「有電梯的酒店」 names a condition. */
function isStrange(named: string, { wants, guess, elsewhere, why: { wanted } }: Understood): boolean {
  const [first] = wants;
  if (!first || guess !== undefined || elsewhere !== undefined || wanted.extras.length > 0) return false;
  const { city, near, sight, hotel } = wanted.wish;
  const isCondition = first.topic.takes.includes('yuan') && /的$/.test(fold(named));
  const isPlaced = city ?? near ?? sight ?? hotel ?? wanted.several;
  // 「餓扁了，這邊有什麼」 is more than a name.
  const known = fold(named).length - wanted.unknown.join('').length;
  return !isPlaced && wanted.unknown.length > 0 && known <= 1 && !isCondition;
}

const textOf = (reply: Reply): string => (reply.kind === 'text' ? reply.text.trim() : '');
