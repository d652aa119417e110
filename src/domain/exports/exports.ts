import type { Writable } from 'node:stream';
import type { Connection } from 'mongoose';
import { beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { createGate } from '../../kit/gate';
import { randomId } from '../../kit/ids';
import type { Cell } from '../../sheets/safe-cells';
import { type Column, type SheetFormat, writeSheet } from '../../sheets/sheet';
import type { IndexSpec } from '../../store/indexes';
import type { Award } from '../prizes/award';
import type { AskedState, AwardFilter } from '../prizes/award-filter';
import type { Awards } from '../prizes/awards';
import type { Claims } from '../prizes/claims';
import type { NamesOf } from '../prizes/views';
import type { Upkeep } from '../upkeep';
import {
  type InWords,
  type Line,
  type NamedRow,
  type PointsRow,
  pointColumns,
  winnerColumns,
} from './columns';
import { courierTask, winnersTask } from './exports.tasks';
import type { Parcel } from './parcels';

/** Who took what out of here. `rows` is missing when it was cut off. */
type ExportRow = {
  _id: string;
  what: 'winners' | 'points' | 'group' | 'courier' | 'survey' | 'segment' | 'missed' | 'people';
  by: string;
  at: Date;
  format: SheetFormat;
  full: boolean;
  filter: Record<string, unknown>;
  rows?: number;
};

export const exportIndexes: IndexSpec[] = [
  { collection: 'exports', key: { 'filter.campaign': 1, at: -1 }, why: 'who took what of a campaign lately' },
  { collection: 'exports', key: { what: 1, at: -1 }, why: 'who took lists of winners lately' },
];

/** Who took what, in words. */
export const exportNames: Record<ExportRow['what'], string> = {
  winners: '中獎',
  points: '積分',
  group: '分群',
  courier: '快遞',
  survey: '問卷',
  segment: '名單',
  missed: '推送沒收到的人',
  people: '用戶',
};

/** 「活動 autumn、獎品 cup」 */
export function tellFilter(filter: Record<string, unknown>, states: InWords['states']): string {
  const words: Record<string, string> = {
    campaign: '活動',
    prize: '獎品',
    sponsor: '贊助商',
    state: '狀態',
    day: '中獎日',
    group: '分群',
    survey: '問卷',
    segment: '分群',
    rule: '規則',
    question: '題目',
    value: '答案',
    version: '版本',
    push: '推送',
    reason: '原因',
    who: '用戶',
  };
  const told = Object.entries(filter).map(([name, value]) => {
    const state = name === 'state' ? states[value as AskedState] : undefined;
    return `${words[name] ?? name} ${state ?? String(value)}`;
  });
  return told.join('、') || '全部';
}

export type Take = {
  format: SheetFormat;
  out: Writable;
  by: string;
  /** Told after every few hundred rows how many there were. */
  passed?: (rows: number) => Promise<void>;
};

const batchSize = 500;

/** Exports: streamed, masked unless `full` is asked for, safe to open in a spreadsheet, and every one is kept with its taker. */
export function createExports(given: {
  db: Connection;
  clock: Clock;
  awards: Pick<Awards, 'find'>;
  claims: Pick<Claims, 'readMany' | 'masked'>;
  awardFilter: (filter: AwardFilter) => Record<string, unknown>;
  namesOf: NamesOf;
  inWords: InWords;
}) {
  const { db, clock, awards, claims, awardFilter, namesOf, inWords } = given;
  const kept = db.collection<ExportRow>('exports');
  /** Two at once in a process; callbacks must not feel it. */
  const gate = createGate({ atOnce: 2, maxWaiting: 50 });

  /** Writes down who takes it before the first row goes out. */
  async function take<Row>(asked: {
    what: ExportRow['what'];
    take: Take;
    full: boolean;
    filter: Record<string, unknown>;
    columns: Column<Row>[];
    rows: AsyncIterable<Row>;
  }): Promise<{ id: string; rows: number }> {
    const { what, full, filter, columns, rows } = asked;
    const { format, out, by } = asked.take;
    return gate(async () => {
      const at = clock.now();
      const _id = randomId();
      await kept.insertOne({ _id, what, by, at: new Date(at), format, full, filter });
      const about: [string, Cell][] = [
        ['導出編號', _id],
        ['導出人', by],
        ['導出時間', beijingMoment(at)],
        ['條件', tellFilter(filter, inWords.states)],
        ['個人資料', full ? '完整' : '已遮蔽'],
      ];
      const count = await writeSheet({ format, columns, rows, out, about });
      await kept.updateOne({ _id }, { $set: { rows: count } });
      return { id: _id, rows: count };
    });
  }

  /** Awards with their claims and names, read a few hundred at a time. */
  async function* lines(
    filter: Record<string, unknown>,
    { full, passed }: { full: boolean; passed?: Take['passed'] },
  ): AsyncGenerator<Line> {
    let rows = 0;
    for await (const batch of inBatches(awards.find(filter))) {
      const [claimed, names] = await Promise.all([
        claims.readMany(batch.map(({ _id }) => _id)),
        namesByCampaign(batch),
      ]);
      for (const award of batch) {
        const claim = claimed.get(award._id);
        yield {
          award,
          claim: claim && (full ? claim : claims.masked(claim)),
          name: names.get(`${award.campaign} ${award.pid}`) ?? '',
        };
      }
      await passed?.((rows += batch.length));
    }
  }

  async function namesByCampaign(batch: Award[]): Promise<Map<string, string>> {
    const all = new Map<string, string>();
    for (const campaign of new Set(batch.map((award) => award.campaign))) {
      const pids = batch.filter((award) => award.campaign === campaign).map(({ pid }) => pid);
      for (const [pid, name] of await namesOf(campaign, pids)) all.set(`${campaign} ${pid}`, name);
    }
    return all;
  }

  async function* named(campaign: string, rows: AsyncIterable<PointsRow>): AsyncGenerator<NamedRow> {
    let rank = 0;
    for await (const batch of inBatches(rows)) {
      const names = await namesOf(
        campaign,
        batch.map(({ pid }) => pid),
      );
      for (const row of batch) yield { ...row, rank: ++rank, name: names.get(row.pid) ?? '' };
    }
  }

  return {
    upkeep: { indexes: exportIndexes, tasks: [winnersTask, courierTask] } satisfies Upkeep,
    /** Winners, one line for each award. `full`: names, phones, addresses and codes as they are. */
    winners: (filter: AwardFilter, { full, ...how }: Take & { full: boolean }) =>
      take({
        what: 'winners',
        take: how,
        full,
        filter,
        columns: winnerColumns(full, inWords),
        rows: lines(awardFilter(filter), { full, passed: how.passed }),
      }),

    /** Points of a campaign in the order of `rows` (best first). */
    points: (campaign: string, rows: AsyncIterable<PointsRow>, { full, ...how }: Take & { full: boolean }) =>
      take({
        what: 'points',
        take: how,
        full,
        filter: { campaign },
        columns: [{ title: '名次', of: ({ rank }) => rank }, ...pointColumns({ full, pid: full })],
        rows: named(campaign, rows),
      }),

    /** The people of one group of a campaign, by pid: what a later message is addressed to. */
    group: (
      { campaign, group, rows }: { campaign: string; group: string; rows: AsyncIterable<PointsRow> },
      { full, ...how }: Take & { full: boolean },
    ) =>
      take({
        what: 'group',
        take: how,
        full,
        filter: { campaign, group },
        columns: pointColumns({ full, pid: true }),
        rows: named(campaign, rows),
      }),

    /** What is approved and has an address, in a courier's columns. Always full: it is for the parcel. */
    courier: (filter: AwardFilter, columns: Column<Parcel>[], how: Take) => {
      async function* parcels() {
        const approved = awardFilter({ ...filter, state: 'approved' });
        for await (const { claim, ...line } of lines(approved, { full: true, passed: how.passed }))
          if (claim && line.award.what.kind === 'goods') yield { ...line, claim };
      }
      return take({ what: 'courier', take: how, full: true, filter, columns, rows: parcels() });
    },

    /** What was answered to a survey, in columns of its own. `full`: phones as they are. */
    survey: <Row>(
      {
        columns,
        rows,
        ...filter
      }: {
        survey: string;
        question?: string;
        value?: string;
        day?: string;
        columns: Column<Row>[];
        rows: AsyncIterable<Row>;
      },
      { full, ...how }: Take & { full: boolean },
    ) => take({ what: 'survey', take: how, full, filter, columns, rows }),

    /** Who is in a segment, by pid and nothing else. */
    segment: (
      {
        pids,
        ...filter
      }: ({ segment: string; version: number } | { rule: string }) & { pids: AsyncIterable<string> },
      how: Take,
    ) =>
      take({
        what: 'segment',
        take: how,
        full: false,
        filter,
        columns: [{ title: 'pid', of: (pid: string) => pid, width: 26 }],
        rows: pids,
      }),

    /** Whom a push missed, by pid, and why. */
    missed: <Row>(
      {
        push,
        reason,
        columns,
        rows,
      }: {
        push: string;
        reason: string | undefined;
        columns: Column<Row>[];
        rows: AsyncIterable<Row>;
      },
      how: Take,
    ) =>
      take({
        what: 'missed',
        take: how,
        full: false,
        filter: { push, ...(reason === undefined ? {} : { reason }) },
        columns,
        rows,
      }),

    /** People of the account under a filter, told as a sentence. `full`: their names as they are. */
    people: <Row>(
      { filter, columns, rows }: { filter: string; columns: Column<Row>[]; rows: AsyncIterable<Row> },
      { full, ...how }: Take & { full: boolean },
    ) =>
      take({ what: 'people', take: how, full, filter: filter === '' ? {} : { who: filter }, columns, rows }),

    /** Who took prizes out, and where they went, newest first; `before`: where the page before ended. */
    async takenPrizes({
      campaign,
      before,
      limit = 50,
    }: {
      campaign?: string;
      before?: Date;
      limit?: number;
    }) {
      const found = await kept
        .find(
          {
            what: { $in: ['winners', 'courier'] },
            ...(campaign === undefined ? {} : { 'filter.campaign': campaign }),
            ...(before === undefined ? {} : { at: { $lt: before } }),
          },
          { sort: { at: -1 }, limit: limit + 1 },
        )
        .toArray();
      const rows = found.slice(0, limit);
      return { rows, ...(found.length > limit ? { before: rows.at(-1)?.at } : {}) };
    },

    /** Who took what of a campaign, newest first. */
    taken: (campaign: string, limit = 50): Promise<ExportRow[]> =>
      kept.find({ 'filter.campaign': campaign }, { sort: { at: -1 }, limit }).toArray(),
  };
}

export type Exports = ReturnType<typeof createExports>;

async function* inBatches<Row>(rows: AsyncIterable<Row>): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
