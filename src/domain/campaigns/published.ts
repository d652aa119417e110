import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { fold } from '../../kit/text';
import type { Quiz, QuizState } from '../quiz/definition';
import { type QuizRow, quizOf } from './campaign-row';

const held: QuizState[] = ['scheduled', 'running', 'paused', 'ended', 'settling', 'settled'];
/** Fans ask for winners and prizes long after the end; then it leaves the memory. */
const keptMs = 120 * 24 * 3_600_000;
const claimsOpenMs = 90 * 86_400_000;

/**
 * The published quizzes, as this process holds them: a snapshot, swapped whole by `load`. A quiz that did not change
 * stays the same object, so what others derive from it may hang on it (a WeakMap).
 */
export function createHeld({
  db,
  clock,
  notBy,
}: {
  db: Connection;
  clock: Clock;
  notBy: string | undefined;
}) {
  const rows = db.collection<QuizRow>('quizzes');
  let current = index([]);
  let revs = new Map<string, number>();
  let loading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const filter = {
      state: { $in: held },
      ...(notBy === undefined ? {} : { author: { $ne: notBy } }),
      $or: [{ state: { $ne: 'settled' as const } }, { endsAt: { $gt: clock.now() - keptMs } }],
    };
    const heads = await rows.find(filter, { projection: { _id: 1, rev: 1 } }).toArray();
    const changed = heads.filter(({ _id, rev }) => revs.get(_id) !== rev).map(({ _id }) => _id);
    const fresh = new Map<string, { quiz: Quiz; rev: number }>();
    if (changed.length > 0)
      for (const row of await rows.find({ _id: { $in: changed } }).toArray())
        fresh.set(row._id, { quiz: quizOf(row), rev: row.rev });
    const quizzes: Quiz[] = [];
    const next = new Map<string, number>();
    for (const { _id } of heads) {
      const one = fresh.get(_id);
      const quiz = one?.quiz ?? current.byId.get(_id);
      if (!quiz) continue;
      quizzes.push(quiz);
      next.set(_id, one?.rev ?? (revs.get(_id) as number));
    }
    current = index(quizzes);
    revs = next;
  }

  /** The most useful of several: one that is on, else the next to come, else the last that was. */
  function best(quizzes: readonly Quiz[], at: number): Quiz | undefined {
    const on = quizzes.find((quiz) => isLive(quiz, at));
    if (on) return on;
    const next = quizzes.filter((quiz) => quiz.startsAt > at).toSorted((a, b) => a.startsAt - b.startsAt)[0];
    return next ?? quizzes.toSorted((a, b) => b.endsAt - a.endsAt)[0];
  }

  return {
    /** Reads what changed and swaps the snapshot. */
    async load(): Promise<void> {
      // Never two at once: the slower might put the older picture back.
      const before = loading;
      const mine = (async () => {
        await before?.catch(() => {});
        await read();
      })();
      loading = mine;
      await mine;
    },
    /** Being played at a moment (business ms): running, not paused, between start and end. */
    running: (at = clock.now()): Quiz[] =>
      current.all.filter((quiz) => quiz.state === 'running' && isLive(quiz, at)),
    /** As `running`, and those that are paused. */
    live: (at = clock.now()): Quiz[] => current.all.filter((quiz) => isLive(quiz, at)),
    /** Published and not begun, soonest first. */
    upcoming: (at = clock.now()): Quiz[] =>
      current.all.filter((quiz) => quiz.startsAt > at).toSorted((a, b) => a.startsAt - b.startsAt),
    /** The quiz that a keyword (folded by `fold`) starts: a live one, else the next, else the last. */
    byKeyword: (folded: string, at = clock.now()): Quiz | undefined =>
      best(current.byKeyword.get(folded) ?? [], at),
    byMenuKey: (key: string, at = clock.now()): Quiz | undefined =>
      best(
        current.all.filter((quiz) => quiz.menuKey === key),
        at,
      ),
    /** The one a question about 「排行」 or 「獎品」 is about, when it names none. */
    latest: (at = clock.now()): Quiz | undefined => best(current.all, at),
    get: (id: string): Quiz | undefined => current.byId.get(id),
    /** Until when the name of somebody who played these is kept after she left (business ms): the last claim is over then. */
    nameKeptUntil(ids: string[]): number | undefined {
      const ends = ids.flatMap((id) => current.byId.get(id)?.endsAt ?? []);
      return ends.length > 0 ? Math.max(...ends) + claimsOpenMs : undefined;
    },
    all: (): readonly Quiz[] => current.all,
  };
}

const isLive = ({ state, startsAt, endsAt }: Quiz, at: number): boolean =>
  (state === 'running' || state === 'paused') && at >= startsAt && at <= endsAt;

function index(all: readonly Quiz[]) {
  const byKeyword = new Map<string, Quiz[]>();
  for (const quiz of all)
    for (const word of new Set(quiz.keywords.map(fold))) {
      const list = byKeyword.get(word);
      if (list) list.push(quiz);
      else byKeyword.set(word, [quiz]);
    }
  return { all, byId: new Map(all.map((quiz) => [quiz.id, quiz])), byKeyword };
}
