import { AppError } from '../../errors';
import { crashPoint } from '../../kit/crash-point';
import type { File } from '../../sheets/file';
import { type Problem, quoted, tellProblem, type Unit } from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import type { Known } from '../audience';
import { type Named, type NamedBy, readListFile } from './list-file';
import type { Rule } from './rule';
import type { Segment, Segments } from './segments';
import { inList } from './segments.leaves';

/** `people`: how many were meant, `added`: those of them who were not in it before. */
export type Listed = { segment: Segment; people: number; added: number };

type Asked = { id: string; name: string; by: string };

const batch = 500;

/**
 * Static lists: people whom a file names, or who were in a rule when it was asked. Such a segment stays as it is whatever
 * becomes of the rule; done again, it only adds who is new.
 */
export function createLists(given: {
  segments: Pick<Segments, 'read' | 'save' | 'ids' | 'addToList' | 'find'>;
  subscribers: {
    known(pids: string[]): Promise<Known[]>;
    among(fans: string[]): Promise<Known[]>;
    fanOf(openid: string): string;
  };
}) {
  const { segments, subscribers } = given;

  /** What the list will be. @throws AppError Conflict where the id is that of a rule */
  async function mayBe({ id }: Pick<Asked, 'id'>): Promise<Rule> {
    const before = await segments.find(id);
    const rule = await segments.read({ leaf: inList.name, id });
    if (before && JSON.stringify(before.rule) !== JSON.stringify(rule))
      throw new AppError(
        'Conflict',
        'segment.list',
        `「${id}」已經是一個按規則的分群「${before.name}」，不能變成名單；請換一個編號。`,
        { details: { fields: { id: `「${before.name}」是按規則的分群，請換一個編號` } } },
      );
    return rule;
  }

  const saved = async ({ id, name, by }: Asked): Promise<Segment> =>
    segments.save({ id, name, rule: await mayBe({ id }), by });

  /** Whom the words name, by word; those who are nobody's are missing. */
  async function whoIs(by: NamedBy, words: string[]): Promise<Map<string, Known>> {
    if (by === 'pid') return new Map((await subscribers.known(words)).map((one) => [one.pid, one]));
    const fans = new Map(words.map((openid) => [subscribers.fanOf(openid), openid]));
    const known = await subscribers.among([...fans.keys()]);
    return new Map(known.map((one) => [fans.get(one.fan) ?? '', one]));
  }

  /** Whom a file names; who is unknown is told by line and left out. */
  async function whoIsIn(file: File) {
    const table = await readTable(file);
    const { by, column, named, problems } = readListFile(table);
    const found = new Map<string, Known>();
    for (const some of inBatches(named)) {
      const known = await whoIs(
        by,
        some.map(({ word }) => word),
      );
      for (const { line, word } of some) {
        const one = known.get(word);
        if (one) found.set(one.pid, one);
        else problems.add({ line, column, value: quoted(word), message: '沒有這個粉絲，可能已經取消關注' });
      }
    }
    const told = { problems: problems.first(), total: problems.total };
    return { people: [...found.values()], told: { ...told, remarks: table.remarks, unit: table.unit } };
  }

  /** These people are in it from now on; again adds who is new. */
  async function add(
    asked: Asked,
    known: Known[],
    onStep: (done: number, of: number) => Promise<void> = async () => {},
  ): Promise<Listed> {
    const segment = await saved(asked);
    crashPoint('list-saved');
    let [done, added] = [0, 0];
    for (const some of inBatches(known)) {
      added += await segments.addToList(asked.id, some);
      await onStep((done += some.length), known.length);
    }
    return { segment, people: known.length, added };
  }

  return {
    mayBe,
    /** Who is unknown is told by line and left out. With nobody known nothing is kept: `listed` is missing. */
    async fromFile(asked: Asked & { file: File }): Promise<{
      listed?: Listed;
      problems: Problem[];
      total: number;
      remarks: Problem[];
      unit: Unit;
    }> {
      const { people, told } = await whoIsIn(asked.file);
      return people.length === 0 ? told : { ...told, listed: await add(asked, people) };
    },
    /** The same in two steps, where adding takes longer than somebody should wait: whom it names, in words what is wrong; then `addPids`. */
    async readFile(
      asked: Asked & { file: File },
    ): Promise<{ pids: string[]; faults: string[]; total: number }> {
      await mayBe(asked);
      const { people, told } = await whoIsIn(asked.file);
      const faults = [...told.remarks, ...told.problems].map((one) => tellProblem(one, told.unit));
      return { pids: people.map(({ pid }) => pid), faults, total: told.total };
    },
    async addPids(
      asked: Asked & { pids: string[] },
      onStep?: (done: number, of: number) => Promise<void>,
    ): Promise<Listed> {
      const known: Known[] = [];
      for (let at = 0; at < asked.pids.length; at += batch)
        known.push(...(await subscribers.known(asked.pids.slice(at, at + batch))));
      return add(asked, known, onStep);
    },

    /** Whoever is in the rule now, for good. */
    async fromRule(
      asked: Asked & { rule: Rule },
      onStep: (done: number) => Promise<void> = async () => {},
    ): Promise<Listed> {
      const segment = await saved(asked);
      crashPoint('list-saved');
      let [people, added] = [0, 0];
      const more = async (pids: string[]) => {
        const known = await subscribers.known(pids);
        people += known.length;
        added += await segments.addToList(asked.id, known);
      };
      let some: string[] = [];
      for await (const pid of segments.ids(asked.rule)) {
        some.push(pid);
        if (some.length < batch) continue;
        await more(some);
        some = [];
        await onStep(people);
      }
      await more(some);
      return { segment, people, added };
    },
  };
}

export type Lists = ReturnType<typeof createLists>;

function* inBatches<One extends Named | Known>(all: One[]): Generator<One[]> {
  for (let at = 0; at < all.length; at += batch) yield all.slice(at, at + batch);
}
