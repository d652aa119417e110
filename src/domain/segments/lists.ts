import { AppError } from '../../errors';
import { crashPoint } from '../../kit/crash-point';
import type { File } from '../../sheets/file';
import { type Problem, quoted, type Unit } from '../../sheets/problems';
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

  async function saved({ id, name, by }: Asked): Promise<Segment> {
    const before = await segments.find(id);
    const rule = await segments.read({ leaf: inList.name, id });
    if (before && JSON.stringify(before.rule) !== JSON.stringify(rule))
      throw new AppError(
        'Conflict',
        'segment.list',
        `「${id}」已經是一個按規則的分群「${before.name}」，不能變成名單；請換一個編號。`,
      );
    return segments.save({ id, name, rule, by });
  }

  /** Whom the words name, by word; those who are nobody's are missing. */
  async function whoIs(by: NamedBy, words: string[]): Promise<Map<string, Known>> {
    if (by === 'pid') return new Map((await subscribers.known(words)).map((one) => [one.pid, one]));
    const fans = new Map(words.map((openid) => [subscribers.fanOf(openid), openid]));
    const known = await subscribers.among([...fans.keys()]);
    return new Map(known.map((one) => [fans.get(one.fan) ?? '', one]));
  }

  return {
    /** Who is unknown is told by line and left out. With nobody known nothing is kept: `listed` is missing. */
    async fromFile(asked: Asked & { file: File }): Promise<{
      listed?: Listed;
      problems: Problem[];
      total: number;
      remarks: Problem[];
      unit: Unit;
    }> {
      const table = await readTable(asked.file);
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
      const told = {
        ...{ problems: problems.first(), total: problems.total },
        ...{ remarks: table.remarks, unit: table.unit },
      };
      if (found.size === 0) return told;
      const segment = await saved(asked);
      crashPoint('list-saved');
      let added = 0;
      for (const some of inBatches([...found.values()])) added += await segments.addToList(asked.id, some);
      return { ...told, listed: { segment, people: found.size, added } };
    },

    /** Whoever is in the rule now, for good. */
    async fromRule(asked: Asked & { rule: Rule }): Promise<Listed> {
      const segment = await saved(asked);
      crashPoint('list-saved');
      let [people, added] = [0, 0];
      const add = async (pids: string[]) => {
        const known = await subscribers.known(pids);
        people += known.length;
        added += await segments.addToList(asked.id, known);
      };
      let some: string[] = [];
      for await (const pid of segments.ids(asked.rule)) {
        some.push(pid);
        if (some.length < batch) continue;
        await add(some);
        some = [];
      }
      await add(some);
      return { segment, people, added };
    },
  };
}

export type Lists = ReturnType<typeof createLists>;

function* inBatches<One extends Named | Known>(all: One[]): Generator<One[]> {
  for (let at = 0; at < all.length; at += batch) yield all.slice(at, at + batch);
}
