import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { crashPoint } from '../../../kit/crash-point';
import { isDuplicate } from '../../../store/duplicate';
import { createGroup, type Group } from '../../../store/group';
import type { IndexSpec } from '../../../store/indexes';
import type { Quiz } from '../definition';
import { type Batch, type Entry, type Floors, noFloors, type Win, winsOf } from './floors';

export const answerIndexes: IndexSpec[] = [
  {
    collection: 'answers',
    key: { 'a.k': 1 },
    unique: true,
    invariant: true,
    why: 'an answer counts once; what did she answer in this quiz',
  },
];

/** What became of one answer. `again`: another message answered this question before. */
export type Placed = { floor: number; entry: Entry; again: boolean; wins: Win[] };

type Row = Omit<Batch, '_id'> & { _id: string };
type Replica = {
  state: Floors;
  wins: Map<number, Win[]>;
  writer: Group<Entry, Placed | undefined>;
  /** Folding goes in order: one at a time. */
  turn: Promise<unknown>;
  loaded: boolean;
  /** The answer up to which the folded state is known to be kept, or about to be. */
  keptAt: number;
};
type FloorsRow = { _id: string; state: Floors; wins: Win[] };

const timeoutMS = 2_500;
/** How many batches of wins are remembered for entries that turn out to have been placed by a lost answer. */
const rememberedWins = 5_000;
/** And how many of the last wins are kept with the folded state, for the copies of messages that a dead process had. */
const keptWins = 1_000;
/** Her letter is in the inbox and is answered within 4 s: it need not be refused as early as one that is not. */
const maxAgeMs = 3_000;
/** So many answers a process may have to fold when it starts. */
const keptEvery = 5_000;
const mostTries = 40;

/**
 * The one log that decides who was first (design §5): append-only batches. One majority insert of a group is the atomic
 * act; the unique `_id` arbitrates processes, the unique `a.k` refuses a second answer. There is no counter: an entry's
 * floor is `first` + its place, so no kill leaves a gap. Every process folds all batches in order, and so knows
 * at once who won what.
 */
export function createAnswerLog(given: {
  db: Connection;
  /** The rules in force at a version. */
  rulesAt: (quiz: string, version: number) => Promise<Pick<Quiz, 'prizes'>>;
  keepEvery?: number;
}) {
  const { db, rulesAt, keepEvery = keptEvery } = given;
  const rows = db.collection<Row>('answers');
  const floors = db.collection<FloorsRow>('floors');
  const replicas = new Map<string, Replica>();

  function replicaOf(quiz: string): Replica {
    let replica = replicas.get(quiz);
    if (!replica) {
      const made: Replica = {
        state: noFloors(),
        wins: new Map(),
        writer: createGroup<Entry, Placed | undefined>({
          run: (entries) => inTurn(made, () => place(quiz, made, entries)),
          maxAgeMs,
        }),
        turn: Promise.resolve(),
        loaded: false,
        keptAt: 0,
      };
      replicas.set(quiz, (replica = made));
    }
    return replica;
  }

  function inTurn<T>(replica: Replica, work: () => Promise<T>): Promise<T> {
    const run = replica.turn.then(work);
    replica.turn = run.catch(() => {});
    return run;
  }

  /** Reads and folds what other processes appended, in order; a process that just started begins at the kept state. */
  async function catchUp(quiz: string, replica: Replica): Promise<void> {
    if (!replica.loaded) {
      const kept = await floors.findOne({ _id: quiz }, { readConcern: 'majority', timeoutMS });
      if (kept) {
        replica.state = kept.state;
        replica.keptAt = kept.state.count;
      }
      for (const win of kept?.wins ?? []) remember(replica, win);
      replica.loaded = true;
    }
    const news = rows.find(
      { _id: { $gt: idOf(quiz, replica.state.seq), $lt: `${quiz}/~` } },
      { sort: { _id: 1 }, readConcern: 'majority', timeoutMS: 30_000 },
    );
    for await (const batch of news) await take(replica, batch);
  }

  async function take(replica: Replica, batch: Batch): Promise<Win[]> {
    if (batch.seq !== replica.state.seq + 1)
      throw new AppError(
        'Conflict',
        'answers.gap',
        `The answer log of ${batch.quiz} has ${batch.seq} after ${replica.state.seq}.`,
      );
    const wins = winsOf(replica.state, batch, await rulesAt(batch.quiz, batch.v));
    for (const win of wins) remember(replica, win);
    for (const floor of replica.wins.keys()) {
      if (replica.wins.size <= rememberedWins) break;
      replica.wins.delete(floor);
    }
    return wins;
  }

  function remember(replica: Replica, win: Win): void {
    replica.wins.set(win.floor, [...(replica.wins.get(win.floor) ?? []), win]);
  }

  /** Keeps how far we have folded, as of now; an older state is never put in the place of a newer one. */
  async function keep(quiz: string, replica: Replica): Promise<void> {
    replica.keptAt = replica.state.count;
    const state = structuredClone(replica.state);
    const kept = { state, wins: [...replica.wins.values()].flat().slice(-keptWins) };
    await floors.updateOne({ _id: quiz, 'state.seq': { $lt: state.seq } }, { $set: kept }, { timeoutMS });
    await floors.updateOne({ _id: quiz }, { $setOnInsert: kept }, { upsert: true, timeoutMS });
  }

  const nextBatch = (quiz: string, { state }: Replica, a: Entry[]): Batch => ({
    _id: idOf(quiz, state.seq + 1),
    quiz,
    seq: state.seq + 1,
    first: state.count + 1,
    v: versions.get(quiz) ?? 1,
    at: new Date(),
    a,
  });

  /**
   * Appends one group. Whoever loses the race for the next `_id` catches up and tries again. Undefined for what comes after
   * the log was sealed.
   */
  async function place(quiz: string, replica: Replica, entries: Entry[]): Promise<(Placed | undefined)[]> {
    if (!replica.loaded) await catchUp(quiz, replica);
    const placed = new Map<string, Placed>();
    let open = new Map<string, Entry>();
    for (const entry of entries) if (!open.has(entry.k)) open.set(entry.k, entry); // the first counts
    let cause: unknown;
    for (let tries = 0; open.size > 0; tries++) {
      if (tries > mostTries)
        throw new AppError(
          'Upstream',
          'answers.busy',
          'The answer log cannot be written now; the sender should try again.',
          { cause, again: true },
        );
      const { sealed } = replica.state;
      const batch = nextBatch(quiz, replica, [...open.values()]);
      const written = sealed ? false : await append(batch);
      if (written === true) {
        crashPoint('answers-appended');
        await take(replica, batch);
        if (replica.state.count - replica.keptAt >= keepEvery) void keep(quiz, replica).catch(() => {});
        batch.a.forEach((entry, i) => placed.set(entry.k, asPlaced(replica, batch.first + i, entry, entry)));
        break;
      }
      if (written !== false) cause = written.lost;
      // Somebody was faster, one of these is answered already, or our own answer was lost: the log knows which.
      await catchUp(quiz, replica);
      for (const [k, known] of await find([...open.keys()]))
        placed.set(k, asPlaced(replica, known.floor, known.entry, open.get(k) as Entry));
      if (sealed) break;
      open = new Map([...open].filter(([k]) => !placed.has(k)));
    }
    // Two messages for one question in one group: the second is told what became of the first.
    return entries.map((entry) => {
      const found = placed.get(entry.k);
      return !found || found.entry.by === entry.by ? found : { ...found, again: true };
    });
  }

  const asPlaced = (replica: Replica, floor: number, entry: Entry, mine: Entry): Placed => ({
    floor,
    entry,
    again: entry.by !== mine.by,
    wins: replica.wins.get(floor) ?? [],
  });

  /** False: a key was taken. `lost`: no answer; the caller finds out what became of it, in the log. */
  async function append(batch: Batch): Promise<boolean | { lost: unknown }> {
    const native = db.db;
    if (!native)
      throw new AppError('Upstream', 'store.no-database', 'The database connection is closed.', {
        again: true,
      });
    const answer = await native
      .command({ insert: 'answers', documents: [batch], writeConcern: { w: 'majority' } }, { timeoutMS })
      .catch((error: unknown): Record<string, unknown> => ({ lost: error }));
    if (answer['lost'] !== undefined) {
      if ((answer['lost'] as Error).name.includes('Timeout')) throw answer['lost'];
      return { lost: answer['lost'] };
    }
    if (answer['writeConcernError'])
      throw new AppError('Upstream', 'answers.not-durable', 'The answer log was not made durable in time.', {
        again: true,
      });
    const [error] = (answer['writeErrors'] ?? []) as { code: number; errmsg: string }[];
    if (error && !isDuplicate(error))
      throw new AppError('Upstream', 'answers.write', `The answer log refused a batch: ${error.errmsg}`, {
        again: true,
      });
    return !error;
  }

  /** Entries by their keys, with their floors. */
  async function find(keys: string[]): Promise<Map<string, { floor: number; entry: Entry }>> {
    const found = new Map<string, { floor: number; entry: Entry }>();
    const wanted = new Set(keys);
    for (const batch of await rows
      .find({ 'a.k': { $in: keys } }, { readConcern: 'majority', timeoutMS })
      .toArray()) {
      batch.a.forEach((entry, i) => {
        if (wanted.has(entry.k)) found.set(entry.k, { floor: batch.first + i, entry });
      });
    }
    return found;
  }

  /** The version of the rules that new batches are judged by. */
  const versions = new Map<string, number>();

  return {
    /**
     * Places one answer. Safe to repeat: the same `k` and `by` give the same floor.
     *
     * @throws AppError Upstream when the log cannot be written; nothing was placed that a repeat would not find.
     * Conflict `quizOver` when it is sealed.
     */
    async append(quiz: string, entry: Entry): Promise<Placed> {
      const placed = await replicaOf(quiz).writer.add(entry);
      if (!placed)
        throw new AppError('Conflict', quizOver, `The answer log of ${quiz} is closed: it is being settled.`);
      return placed;
    },
    /**
     * Closes the log for good: what is in it now is all there will ever be, whatever other processes believe about the
     * state of the quiz. Again: nothing.
     */
    seal: (quiz: string): Promise<void> =>
      inTurn(replicaOf(quiz), async () => {
        const replica = replicaOf(quiz);
        for (let tries = 0; tries <= mostTries; tries++) {
          await catchUp(quiz, replica);
          if (replica.state.sealed) return;
          // Its only entry is there because a unique index takes an empty list for a value like others.
          const mark = { k: `${quiz}:sealed` } as Entry;
          await append({ ...nextBatch(quiz, replica, [mark]), sealed: true });
        }
        throw new AppError(
          'Upstream',
          'answers.busy',
          `The answer log of ${quiz} could not be closed; try again.`,
        );
      }),
    /** New batches of this quiz are judged by this version of its rules. */
    useVersion: (quiz: string, version: number): void => void versions.set(quiz, version),
    /** All of one person's answers in a quiz, in order. */
    async of(quiz: string, pid: string): Promise<{ floor: number; entry: Entry }[]> {
      const from = `${quiz}:${pid}:`;
      const batches = await rows
        .find(
          { a: { $elemMatch: { k: { $gte: from, $lt: `${from}~` } } } },
          { sort: { _id: 1 }, readConcern: 'majority', timeoutMS },
        )
        .toArray();
      return batches.flatMap((batch) =>
        batch.a.flatMap((entry, i) => (entry.pid === pid ? [{ floor: batch.first + i, entry }] : [])),
      );
    },
    /** The log from after a batch on, in order: for projections. */
    async *read(quiz: string, afterSeq: number, limit = 1_000): AsyncGenerator<Batch> {
      const batches = rows.find(
        { _id: { $gt: idOf(quiz, afterSeq), $lt: `${quiz}/~` } },
        { sort: { _id: 1 }, limit, readConcern: 'majority' },
      );
      for await (const batch of batches) yield batch.sealed ? { ...batch, a: [] } : batch;
    },
    /** How far this process has folded. */
    state: (quiz: string): Floors => replicaOf(quiz).state,
    catchUp: (quiz: string): Promise<void> => inTurn(replicaOf(quiz), () => catchUp(quiz, replicaOf(quiz))),
    /** Keeps how far we have folded, so that the next start need not read the log from its beginning. */
    keepFloors: (quiz: string): Promise<void> => inTurn(replicaOf(quiz), () => keep(quiz, replicaOf(quiz))),
  };
}

export type AnswerLog = ReturnType<typeof createAnswerLog>;

/** The code of the error after the log was sealed. */
export const quizOver = 'quiz.over';

/** Nine digits: batches sort as text in their order. */
const idOf = (quiz: string, seq: number): string => `${quiz}/${String(seq).padStart(9, '0')}`;
