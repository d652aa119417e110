import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { inScript, type Script } from '../../kit/text';
import type { Render } from '../../render/render';
import { maxTextBytes } from '../../wechat/protocol/reply';
import type { Inbox } from '../inbox/inbox';
import type { Misses } from '../misses/misses';
import type { Outbox } from '../outbox/outbox';
import type { ReachLedger } from '../reach/reach';
import type { Subscribers } from '../subscribers/subscribers';
import { type Erased, rowsOf } from '../upkeep';
import type { Conversation, ConversationWords, Word } from './conversation';
import { gone, type Standing, standingOf } from './refusals';
import { type Line, linesOf } from './transcript';

/** A letter of her mailbox is said together with a reply. */
const letterChars = 300;
const mostMessages = 60;

export type SpeakingNeeds = {
  db: Connection;
  clock: Clock;
  subscribers: Pick<Subscribers, 'byPid' | 'load' | 'post' | 'atDesk'>;
  reach: Pick<ReachLedger, 'spend' | 'of' | 'rations'>;
  inbox: Pick<Inbox, 'talkOf'>;
  outbox: Pick<Outbox, 'add' | 'toldTo'>;
  misses: Pick<Misses, 'among'>;
  render: Render;
  defaultScript: Script;
  /** What lies in the outbox under this cause may be carried out now. */
  hint: (cause: string) => void;
};

type Her = { fan: string; script?: Script };
type Said = { me: string; words: string; once: string };

/** What passes between her and a person of ours, by the same ways as everything else: outbox, ration, mailbox. */
export function createSpeaking(given: SpeakingNeeds) {
  const { db, clock, subscribers, reach, inbox, outbox, misses, render, defaultScript, hint } = given;
  const conversations = db.collection<Conversation>('conversations');
  const said = db.collection<ConversationWords>('conversationWords');

  /** Under the same cause it is said once, however often the button was pressed. */
  const causeOf = ({ _id }: Conversation, once: string | number): string => `desk:${_id}:${once}`;

  const keepWords = (
    { _id, pid }: Conversation,
    cause: string,
    rest: Omit<ConversationWords, '_id' | 'conversation' | 'pid'>,
  ) =>
    said.updateOne({ _id: cause }, { $setOnInsert: { conversation: _id, pid, ...rest } }, { upsert: true });

  async function answered({ _id }: Conversation, at: Date): Promise<void> {
    await conversations.updateOne({ _id }, [
      { $set: { ourAt: at, answeredAt: { $ifNull: ['$answeredAt', at] } } },
    ]);
  }

  async function herOf({ pid }: Conversation): Promise<Her> {
    const her = await subscribers.byPid(pid);
    if (!her) throw gone();
    return her;
  }

  async function standing(fan: string): Promise<Standing> {
    const found = (await reach.of([fan])).get(fan);
    return standingOf(found ?? {}, clock.now(), reach.rations);
  }

  return {
    /** Of a change, in the house's words. That one of us came she hears sooner or later; the rest only where her window allows it. */
    async tell(row: Conversation, her: Her, word: Word): Promise<void> {
      const reply = render(word, {});
      if (reply.kind !== 'text') return;
      const text = inScript(reply.text.trim(), her.script ?? defaultScript);
      const cause = causeOf(row, row.turn);
      if (word !== 'desk-came' && !(await reach.spend(her.fan, `${cause}_01`))) return;
      await keepWords(row, cause, { words: text, at: new Date(clock.now()) });
      await outbox.add({ id: cause, fan: her.fan }, [{ kind: 'tell', reply: { kind: 'text', text } }]);
      hint(cause);
    },

    async answer(row: Conversation, { me, words, once }: Said): Promise<void> {
      const text = checked(words);
      const her = await herOf(row);
      const cause = causeOf(row, once);
      if (!(await reach.spend(her.fan, `${cause}_01`))) {
        const { why } = await standing(her.fan);
        throw new AppError(
          'Conflict',
          'desk.no-ration',
          `沒有發出去。${why}要緊的話可以按「留給她下次的話」。`,
        );
      }
      const at = new Date(clock.now());
      await keepWords(row, cause, { words: text, at, agent: me });
      await outbox.add({ id: cause, fan: her.fan }, [{ kind: 'tell', reply: { kind: 'text', text } }]);
      hint(cause);
      await answered(row, at);
    },

    async keep(row: Conversation, { me, words, once }: Said): Promise<void> {
      const text = checked(words, letterChars, '留給她下次的話');
      const her = await herOf(row);
      const cause = causeOf(row, once);
      const at = new Date(clock.now());
      await keepWords(row, cause, { words: text, at, agent: me, kept: true });
      await subscribers.post(her.fan, { id: cause, text });
      await answered(row, at);
    },

    async erase(her: Erased): Promise<void> {
      await said.deleteMany(rowsOf(her));
    },
    copy: (pid: string) => said.find({ pid }, { projection: { agent: 0 } }).toArray(),
    forget: (before: Date) => said.deleteMany({ at: { $lt: before } }),

    /** For pages. */
    of: {
      /** What she may still be sent; where she has gone, nothing. */
      async standingOf(pid: string): Promise<Standing> {
        const her = await subscribers.byPid(pid);
        return her ? standing(her.fan) : { left: 0, until: undefined, why: gone().message };
      },
      /** What she and we said, and a while before it began, the oldest first. */
      async transcript(row: Conversation): Promise<Line[]> {
        const her = await subscribers.byPid(row.pid);
        if (!her) return [];
        const until = new Date((row.closedAt?.getTime() ?? clock.now()) + 60_000);
        const messages = await inbox.talkOf(her.fan, until, mostMessages);
        const from = new Date(Math.min(row.at.getTime(), messages[0]?.at.getTime() ?? Infinity));
        const [ours, told, known] = await Promise.all([
          said
            .find({ pid: row.pid, at: { $gte: from, $lte: until } }, { sort: { at: 1 }, limit: 300 })
            .toArray(),
          outbox.toldTo(her.fan, from, until),
          subscribers.load(her.fan),
        ]);
        return linesOf({
          messages,
          ours,
          told,
          waiting: new Set((known?.mailbox ?? []).map(({ id }) => id)),
          missed: (texts) => misses.among(texts),
        });
      },
    },
  };
}

function checked(words: string, most = 600, what = '一條'): string {
  const text = words.trim();
  const why =
    text === ''
      ? '先寫點什麼'
      : [...text].length > most || Buffer.byteLength(text) > maxTextBytes
        ? `${what}最多 ${most} 個字，現在 ${[...text].length} 個`
        : undefined;
  if (why) throw new AppError('Invalid', 'desk.words', why, { details: { fields: { words: why } } });
  return text;
}
