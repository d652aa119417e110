import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { escaped, fold, spellings } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import { notAfter, type Upkeep } from '../upkeep';
import { forbiddenWords } from './forbidden-words';

type NameRow = { _id: string; name: string; at?: Date };

/** `long`: more than eight characters. `signs`: something else than letters, digits and Han characters. */
export type Renamed =
  | { kind: 'renamed'; name: string }
  | { kind: 'refused'; why: 'empty' | 'long' | 'signs' | 'forbidden' | 'reserved' };

const longest = 8;
const indexes: IndexSpec[] = [{ collection: 'names', key: { name: 1 }, why: 'who is called so' }];

/** 「旅友A37F」: always the same for one person, and nothing can be learnt from it. */
export const defaultName = (pid: string): string =>
  `旅友${createHash('sha256').update(`name\n${pid}`).digest('hex').slice(0, 4).toUpperCase()}`;

/** What boards call people: a name of their own choice, or the default. Nothing else about them is ever shown. */
export function createNames({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<NameRow>('names');
  const timeoutMS = 2_500;

  return {
    upkeep: {
      indexes,
      /** She is 旅友 again. */
      erase: async ({ pid, upTo }) => {
        if (!pid) return;
        await rows.deleteOne({ _id: pid, at: notAfter(upTo) }, { timeoutMS });
      },
      copy: async ({ pid }) => ({ names: await rows.find({ _id: pid }, { timeoutMS }).toArray() }),
    } satisfies Upkeep,
    /** 「改名 …」. Safe to repeat. */
    async rename(pid: string, wanted: string): Promise<Renamed> {
      const name = wanted.normalize('NFKC').trim();
      const why = whyRefused(name);
      if (why) return { kind: 'refused', why };
      await rows.updateOne(
        { _id: pid },
        { $set: { name, at: new Date(clock.now()) } },
        { upsert: true, timeoutMS },
      );
      return { kind: 'renamed', name };
    },
    /** The names that these people chose themselves. */
    async chosenBy(pids: readonly string[]): Promise<Map<string, string>> {
      const some = await rows.find({ _id: { $in: [...pids] } }, { timeoutMS }).toArray();
      return new Map(some.map(({ _id, name }) => [_id, name]));
    },
    /** Who chose a name that begins so, in either script; the first `limit`. */
    async beginning(start: string, limit: number): Promise<string[]> {
      const ways = spellings(start.normalize('NFKC').trim()).map((one) => `^${escaped(one)}`);
      const some = rows.find(
        { $or: ways.map((way) => ({ name: { $regex: way } })) },
        { projection: { _id: 1 }, limit, timeoutMS },
      );
      return (await some.toArray()).map(({ _id }) => _id);
    },
    /** Who chose this name; several may have. For our own people's questions. */
    bearing: async (name: string): Promise<string[]> =>
      (await rows.find({ name }, { projection: { _id: 1 }, limit: 10, timeoutMS }).toArray()).map(
        ({ _id }) => _id,
      ),
    /** The names of these people, every one of them. */
    async nameOf(pids: string[]): Promise<Map<string, string>> {
      const names = new Map(pids.map((pid) => [pid, defaultName(pid)]));
      if (pids.length === 0) return names;
      for (const { _id, name } of await rows.find({ _id: { $in: pids } }, { timeoutMS }).toArray())
        names.set(_id, name);
      return names;
    },
  };
}

export type Names = ReturnType<typeof createNames>;

function whyRefused(name: string): Extract<Renamed, { kind: 'refused' }>['why'] | undefined {
  if (name.replace(invisible, '') === '') return 'empty';
  if (name.search(invisible) >= 0) return 'signs';
  if ([...name].length > longest) return 'long';
  // Letters of scripts that stack marks or turn the writing direction round would spoil the board for all.
  if (
    !/^[\p{Script=Han}\p{Script=Latin}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Nd}·ー ]+$/u.test(
      name,
    )
  )
    return 'signs';
  const bare = bareOf(name);
  if (bare === '') return 'empty';
  if (/^旅友[0-9a-f]{4}$/.test(bare)) return 'reserved';
  return folded.some((word) => bare.includes(word)) ? 'forbidden' : undefined;
}

/** What leaves no trace on a screen: fillers, joiners, marks of direction, the blank braille cell. */
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;
const bareOf = (text: string): string => fold(text).replaceAll(/[^\p{L}\p{Nd}]/gu, '');
const folded = forbiddenWords.map(bareOf);
