import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { dayMs, hourMs, minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { isDuplicate } from '../../store/duplicate';
import type { Alarms } from '../alarms/alarms';
import type { ReachLedger } from '../reach/reach';
import type { Opened } from '../reach/windows';
import type { Timers } from '../timers/timers';
import { notAfter, rowsOf, type Upkeep } from '../upkeep';
import { answerIndexes, createAnswers } from './answers';
import { type Conversation, conversationIndexes, type Ended, type Why, type Word } from './conversation';
import { deskQuiet, deskSettle, deskWait } from './desk.jobs';
import { deskExport } from './desk.tasks';
import { createQueue } from './queue';
import { gone, noSuch } from './refusals';
import { createSpeaking, type SpeakingNeeds } from './speaking';

/** Longer than this nobody waits in service hours without an alarm. */
export const patienceMs = 10 * minuteMs;
/** So long without a word of either, and the bot is there again. */
export const quietMs = 30 * minuteMs;
/** Then her window has closed: nobody could answer her any more. */
const waitsMs = 48 * hourMs;
/** So long after the end she may say how it was. */
const ratesMs = dayMs;
const alarmCause = 'desk-waiting';
const timeoutMS = 2_500;

/** The desk: people of ours talk with her, one at a time, and the bot is silent meanwhile. */
export function createDesk(
  given: SpeakingNeeds & {
    db: Connection;
    clock: Clock;
    timers: Pick<Timers, 'arm'>;
    alarms: Pick<Alarms, 'raise' | 'over'>;
    reach: Pick<ReachLedger, 'opened'>;
    isOpen: (at: number) => boolean;
    /** Everybody of the team; `answers`: she may talk with people. */
    team: () => Promise<{ id: string; name: string; answers: boolean }[]>;
    /** It is here that people answer, and not in WeChat's own customer service. */
    here: boolean;
  },
) {
  const { db, clock, timers, alarms, isOpen, here, subscribers, reach, team } = given;
  const rows = db.collection<Conversation>('conversations');
  const speaking = createSpeaking(given);
  const queue = createQueue({ db });
  const now = () => new Date(clock.now());

  async function get(id: string): Promise<Conversation> {
    const row = await rows.findOne({ _id: id }, { timeoutMS });
    if (!row) throw noSuch();
    return row;
  }

  /** One step of its life, and what is to follow from it; undefined where it is not in that state any more. */
  async function move(
    where: object,
    set: Partial<Conversation>,
    { say, unset = [] }: { say?: Word; unset?: (keyof Conversation)[] } = {},
  ): Promise<Conversation | undefined> {
    const at = now();
    const turn = { $add: ['$turn', 1] };
    const row = await rows.findOneAndUpdate(
      where,
      [
        // First, or an object would be laid into what is there.
        { $unset: ['todo', ...unset] },
        {
          $set: {
            ...set,
            movedAt: at,
            turn,
            todo: { turn, ...(say ? { say } : {}) },
            ...(set.claimedAt ? { claimedAt: { $ifNull: ['$claimedAt', at] } } : {}),
          },
        },
      ],
      { returnDocument: 'after', timeoutMS },
    );
    return row ?? undefined;
  }

  /** Carries out what follows from the last change, as often as it is asked: who was cut off is followed by the sweeper. */
  async function settle(id: string): Promise<void> {
    const row = await rows.findOne({ _id: id, todo: { $exists: true } });
    if (!row?.todo) return;
    const { turn, say } = row.todo;
    const her = await subscribers.byPid(row.pid);
    if (her) {
      await subscribers.atDesk(her.fan, id, row.state === 'open');
      if (say) await speaking.tell(row, her, say);
    }
    await watch(row);
    if (row.state !== 'waiting') await calm();
    await rows.updateOne({ _id: id, 'todo.turn': turn }, { $unset: { todo: 1 } });
  }

  async function watch({ _id, state, turn, movedAt, waitingSince }: Conversation): Promise<void> {
    const data = { conversation: _id };
    if (state === 'waiting' && waitingSince)
      await timers.arm({
        id: `desk-wait:${_id}:${waitingSince.getTime()}`,
        dueAt: new Date(waitingSince.getTime() + patienceMs),
        job: deskWait,
        data,
      });
    if (state === 'open')
      await timers.arm({
        id: `desk-quiet:${_id}:${turn}`,
        dueAt: new Date(movedAt.getTime() + quietMs),
        job: deskQuiet,
        data,
      });
  }

  /** Nobody waits too long any more. */
  async function calm(): Promise<void> {
    const late = { state: 'waiting' as const, waitingSince: { $lte: new Date(clock.now() - patienceMs) } };
    if ((await rows.countDocuments(late, { limit: 1 })) === 0) await alarms.over(alarmCause);
  }

  /** Whoever has it now, in words for who would have it. */
  async function taken({ agent = '' }: Conversation): Promise<AppError> {
    const name = (await team()).find(({ id }) => id === agent)?.name ?? '同事';
    return new AppError('Conflict', 'desk.taken', `${name}已經在和她談了。要接過來，請${name}轉給你。`);
  }
  const over = () =>
    new AppError('Conflict', 'desk.over', '這段對話已經結束了。要再和她談，從她的頁面接她過來。');

  async function mine(id: string, me: string): Promise<Conversation> {
    const row = await get(id);
    if (row.state === 'closed') throw over();
    if (row.state === 'waiting') throw new AppError('Conflict', 'desk.not-claimed', '先接她，再回答。');
    if (row.agent !== me) throw await taken(row);
    return row;
  }

  async function close(id: string, ended: Ended, where: object = {}): Promise<boolean> {
    const at = now();
    const spoke = ended === 'agent' || ended === 'quiet';
    const row = await move(
      { _id: id, state: { $in: ['open', 'waiting'] }, ...where },
      { state: 'closed', closedAt: at, ended },
      {
        unset: ['live', 'waitingSince'],
        ...(spoke ? { say: 'desk-gone' as const } : {}),
      },
    );
    if (row) await settle(id);
    return row !== undefined;
  }

  async function begin(asked: {
    id: string;
    pid: string;
    at: number;
    why: Why;
  }): Promise<Conversation | undefined> {
    const at = new Date(asked.at);
    const first = {
      _id: asked.id,
      state: 'waiting' as const,
      why: asked.why,
      at,
      waitingSince: at,
      herAt: at,
      movedAt: at,
      turn: 0,
    };
    try {
      const row = await rows.findOneAndUpdate(
        { pid: asked.pid, live: true },
        { $setOnInsert: first },
        { upsert: true, returnDocument: 'after', timeoutMS },
      );
      return row ?? undefined;
    } catch (error) {
      // These words asked for one before, which is over; or another letter of hers was faster.
      if (!isDuplicate(error)) throw error;
      return (await rows.findOne({ pid: asked.pid, live: true }, { timeoutMS })) ?? undefined;
    }
  }

  /** Of two who want her at once one has her. */
  async function claim(id: string, me: string): Promise<void> {
    const at = now();
    const row = await move(
      { _id: id, state: 'waiting' },
      { state: 'open', agent: me, claimedAt: at },
      { say: 'desk-came', unset: ['waitingSince'] },
    );
    if (row) return settle(id);
    const other = await get(id);
    if (other.state === 'closed') throw over();
    if (other.agent !== me) throw await taken(other);
  }

  return {
    upkeep: {
      indexes: [...conversationIndexes, ...answerIndexes],
      jobs: [deskWait, deskQuiet, deskSettle],
      tasks: [deskExport],
      async erase(her) {
        if (her.pid === undefined) return;
        await speaking.erase(her);
        await rows.deleteMany(rowsOf(her));
        await calm();
      },
      copy: async ({ pid }) => ({
        conversations: await rows.find({ pid }, { projection: { agent: 0, todo: 0, turn: 0 } }).toArray(),
        conversationWords: await speaking.copy(pid),
      }),
      async forget(ago) {
        await speaking.forget(ago(30));
        await rows.deleteMany({ state: 'closed', at: notAfter(ago(180)) });
      },
      async sweep() {
        const left = rows.find({ todo: { $exists: true } }, { projection: { _id: 1 }, limit: 100 });
        for (const { _id } of await left.toArray()) await settle(_id);
      },
    } satisfies Upkeep,
    here,
    team,
    ...queue,
    ...speaking.of,
    answers: createAnswers({ db, clock }),
    get,
    settle,

    /**
     * She asks for a person, by the words of an inbox row: said again, it is the same line. Nothing where the words asked before
     * and it is over. `before`: how many are in front of her.
     */
    async asks(asked: { id: string; pid: string; at: number; why: Exclude<Why, 'agent'> }): Promise<{
      isNew: boolean;
      open: boolean;
      before: number;
    }> {
      const row = await begin(asked);
      if (!row) return { isNew: false, open: false, before: 0 };
      if (row._id === asked.id) await watch(row);
      const before = await rows.countDocuments(
        { state: 'waiting', at: { $lt: row.at } },
        { limit: 100, timeoutMS },
      );
      return { isNew: row._id === asked.id, open: row.state === 'open', before };
    },

    /**
     * She wrote while one of us has her. The window that she opened is written at once: whoever answers is told what is left of it.
     * False: nobody has her any more, and the bot answers.
     */
    async heard(hers: {
      conversation: string;
      fan: string;
      pid: string;
      /** Business ms. */
      at: number;
      opened: Opened | undefined;
    }): Promise<boolean> {
      const { conversation, fan, pid, at, opened } = hers;
      const met = await rows.updateOne(
        { _id: conversation, state: 'open' },
        { $max: { herAt: new Date(at) } },
        { timeoutMS },
      );
      if (met.matchedCount === 0) await subscribers.atDesk(fan, conversation, false);
      else if (opened) await reach.opened(fan, pid, opened);
      return met.matchedCount === 1;
    },

    /** By her own words she wants no person any more; what she left, and the same again for the same words. */
    async left({
      id,
      pid,
    }: {
      id: string;
      pid: string;
    }): Promise<{ conversation?: string; was: 'open' | 'waiting' | 'none' }> {
      const live = await rows.findOne({ pid, live: true }, { timeoutMS });
      const row =
        live &&
        (await move(
          { _id: live._id, state: live.state },
          { state: 'closed', closedAt: now(), ended: 'her', endedBy: id },
          { unset: ['live', 'waitingSince'] },
        ));
      const done = row ?? (await rows.findOne({ pid, endedBy: id }, { timeoutMS }));
      if (!done) return { was: 'none' };
      return { conversation: done._id, was: done.claimedAt ? 'open' : 'waiting' };
    },

    /** How it was, of the last one that ended within a day. False: there was none. */
    async rate(pid: string, rating: 'good' | 'bad'): Promise<boolean> {
      const last = await rows.findOne(
        {
          pid,
          state: 'closed',
          claimedAt: { $exists: true },
          closedAt: { $gt: new Date(clock.now() - ratesMs) },
        },
        { sort: { at: -1 }, projection: { _id: 1 }, timeoutMS },
      );
      if (last) await rows.updateOne({ _id: last._id }, { $set: { rating } }, { timeoutMS });
      return last !== null;
    },

    claim,

    /** One of us begins to talk with her, or takes her out of the line. @returns the conversation */
    async take(pid: string, me: string): Promise<string> {
      if (!(await subscribers.byPid(pid))) throw gone();
      const at = now();
      const fresh: Conversation = {
        _id: randomId(),
        pid,
        live: true,
        state: 'open',
        why: 'agent',
        at,
        agent: me,
        claimedAt: at,
        movedAt: at,
        turn: 1,
        todo: { turn: 1, say: 'desk-came' },
      };
      try {
        await rows.insertOne(fresh);
        await settle(fresh._id);
        return fresh._id;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const live = await rows.findOne({ pid, live: true });
      if (!live) throw new AppError('Conflict', 'desk.just-over', '她剛剛結束了一段對話，請再按一次。');
      await claim(live._id, me);
      return live._id;
    },

    /** To a colleague; she notices nothing. */
    async handOver(id: string, from: string, to: string): Promise<void> {
      await mine(id, from);
      const colleague = (await team()).find((one) => one.id === to);
      if (!colleague?.answers)
        throw new AppError('Invalid', 'desk.no-agent', '要轉給一位能回答的同事（客服角色，沒有停用）。', {
          details: { fields: { to: '選一位同事' } },
        });
      const row = await move({ _id: id, state: 'open', agent: from }, { agent: to });
      if (!row) throw await taken(await get(id));
      await settle(id);
    },
    /** Back into the line, at her old place; the bot answers meanwhile. */
    async release(id: string, me: string): Promise<void> {
      await mine(id, me);
      const row = await move(
        { _id: id, state: 'open', agent: me },
        { state: 'waiting', waitingSince: now() },
        { say: 'desk-line', unset: ['agent'] },
      );
      if (!row) throw await taken(await get(id));
      await settle(id);
    },
    /** By whoever has it; one that waits by anybody. */
    async close(id: string, me: string): Promise<void> {
      const row = await get(id);
      if (row.state === 'closed') throw over();
      if (row.state === 'open' && row.agent !== me) throw await taken(row);
      const unheard = row.state === 'waiting' ? { state: 'waiting' } : { state: 'open', agent: me };
      if (!(await close(id, 'agent', unheard))) throw await taken(await get(id));
    },

    /** Says something to her. @throws AppError Conflict with the reason, where she may be sent nothing */
    async answer(asked: { id: string; me: string; words: string; once: string }): Promise<void> {
      await speaking.answer(await mine(asked.id, asked.me), asked);
    },
    /** The words wait for her: they are the first of what she reads when she next writes. */
    async keep(asked: { id: string; me: string; words: string; once: string }): Promise<void> {
      await speaking.keep(await mine(asked.id, asked.me), asked);
    },

    /** A job: she waits still. */
    async waited(id: string): Promise<void> {
      const row = await rows.findOne({ _id: id, state: 'waiting' });
      if (!row?.waitingSince) return;
      const since = row.waitingSince.getTime();
      const at = clock.now();
      if (at - since >= waitsMs) return void (await close(id, 'nobody', { waitingSince: row.waitingSince }));
      const heard = isOpen(at);
      if (heard)
        await alarms.raise({
          cause: alarmCause,
          text: '有人等客服超過 10 分鐘了，還沒有人接。請到控制台的「收件箱」去接。',
        });
      const dueAt = new Date(heard ? since + waitsMs : at + patienceMs);
      await timers.arm({
        id: `desk-wait:${id}:${dueAt.getTime()}`,
        dueAt,
        job: deskWait,
        data: { conversation: id },
      });
    },
    /** A job: perhaps neither has said a word for so long. */
    async quieted(id: string): Promise<void> {
      const row = await rows.findOne({ _id: id, state: 'open' });
      if (!row) return;
      const last = Math.max(...[row.movedAt, row.herAt, row.ourAt].map((one) => one?.getTime() ?? 0));
      const before = notAfter(new Date(clock.now() - quietMs));
      if (
        clock.now() - last >= quietMs &&
        (await close(id, 'quiet', { state: 'open', turn: row.turn, herAt: before, ourAt: before }))
      )
        return;
      // Where she spoke in this very moment, a minute later again.
      const dueAt = new Date(Math.max(last + quietMs, clock.now() + minuteMs));
      await timers.arm({
        id: `desk-quiet:${id}:${dueAt.getTime()}`,
        dueAt,
        job: deskQuiet,
        data: { conversation: id },
      });
    },
  };
}

export type Desk = ReturnType<typeof createDesk>;
