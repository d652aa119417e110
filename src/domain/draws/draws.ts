import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingIso } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { createSeal } from '../../kit/seal';
import type { IndexSpec } from '../../store/indexes';
import type { Giver } from '../prizes/prize';
import type { Upkeep } from '../upkeep';
import { type Draw, drawId, type EntryRow, isDraw } from './draw';
import { commitmentOf, type DrawProof, listHashOf, rank, verify } from './draw-proof';
import { createLists } from './list';
import { createSeen } from './seen';
import { createValues } from './value';

export const drawIndexes: IndexSpec[] = [
  {
    collection: 'drawEntries',
    key: { draw: 1, attempt: 1, entry: 1 },
    unique: true,
    invariant: true,
    why: 'the list of a draw in order; a number stands for one person',
  },
  { collection: 'drawEntries', key: { pid: 1, draw: 1 }, why: 'which number has she' },
  { collection: 'draws', key: { campaign: 1 }, why: 'the draws of a campaign' },
];

/**
 * Draws that anybody can check: the seed is committed to at the start, the list is frozen and its hash published before the
 * value that decides is known, and nobody, we included, can know the outcome before that or change it after.
 */
export function createDraws({ db, clock, dataKey }: { db: Connection; clock: Clock; dataKey: string }) {
  const rows = db.collection<Draw>('draws');
  const entryRows = db.collection<EntryRow>('drawEntries');
  const { seal, unseal } = createSeal(dataKey, 'draw-seal');
  const { entriesOf, freeze } = createLists({ db, clock, mustHave });

  async function mustHave(id: string): Promise<Draw> {
    const draw = await rows.findOne({ _id: id }, { readConcern: 'majority' });
    if (!draw) throw new AppError('NotFound', 'draw.unknown', `沒有編號是「${id}」的抽獎。`);
    return draw;
  }

  /** For everybody, once it is drawn. */
  async function proofOf(id: string): Promise<DrawProof & { putOff: Draw['putOff'] }> {
    const draw = await mustHave(id);
    const { frozen, value, drawn } = draw;
    if (!frozen || !value || !drawn)
      throw new AppError('Conflict', 'draw.state', `「${id}」還沒有開獎，沒有證明可以匯出。`);
    return {
      format: 'xiaoyi-draw/1',
      draw: id,
      prize: draw.prize,
      winners: frozen.winners,
      reserves: frozen.reserves,
      named: draw.named,
      commitment: draw.commitment,
      committedAt: beijingIso(draw.committedAt),
      entries: await entriesOf(draw),
      listHash: frozen.hash,
      frozenAt: beijingIso(frozen.at),
      value: value.text,
      valuedAt: beijingIso(value.at),
      seed: drawn.seed,
      drawnAt: beijingIso(drawn.at),
      won: drawn.won,
      reserve: drawn.reserve,
      putOff: draw.putOff,
    };
  }

  return {
    upkeep: {
      indexes: drawIndexes,
      copy: async ({ pid }) => ({ draws: await entryRows.find({ pid }).toArray() }),
    } satisfies Upkeep,
    /** Makes and commits to a seed for every draw of a campaign; those that have one keep it. To be called before it starts. */
    async commit(campaign: Giver): Promise<Pick<Draw, 'prize' | 'commitment' | 'named'>[]> {
      for (const { id: prize, way } of campaign.prizes.filter(isDraw)) {
        const _id = drawId(campaign.id, prize);
        const seed = randomBytes(32);
        const draw: Omit<Draw, '_id'> = {
          campaign: campaign.id,
          prize,
          state: 'committed',
          commitment: commitmentOf(seed.toString('hex')),
          committedAt: clock.now(),
          sealed: seal(seed, _id),
          named: way.publicValue.trim(),
          valueAt: way.at,
          putOff: [],
        };
        await rows.updateOne({ _id }, { $setOnInsert: draw }, { upsert: true });
        // The marketer moved it, with the campaign; never once the list is frozen.
        await rows.updateOne(
          { _id, state: 'committed', putOff: [] },
          { $set: { named: draw.named, valueAt: draw.valueAt } },
        );
      }
      return rows
        .find(
          { campaign: campaign.id },
          { projection: { prize: 1, commitment: 1, named: 1 }, sort: { _id: 1 } },
        )
        .toArray();
    },

    freeze,
    ...createValues({ db, clock, mustHave }),
    ...createSeen({ db }),

    /** Opens the seed and draws. Again: the same result. @throws AppError Conflict before the value is entered */
    async run(id: string): Promise<NonNullable<Draw['drawn']>> {
      const draw = await mustHave(id);
      if (draw.drawn) return draw.drawn;
      const { frozen, value } = draw;
      if (!frozen || !value)
        throw new AppError('Conflict', 'draw.state', `「${id}」的公開數還沒有由兩位同事輸入，不能開獎。`);
      const seed = unseal(draw.sealed, id).toString('hex');
      if (commitmentOf(seed) !== draw.commitment)
        throw new AppError('Conflict', 'draw.seed', `「${id}」的種子與開賽時公布的承諾不符，不能開獎。`);
      const entries = await entriesOf(draw);
      const terms = { draw: id, winners: frozen.winners, reserves: frozen.reserves, named: draw.named };
      if (listHashOf(terms, entries) !== frozen.hash)
        throw new AppError('Conflict', 'draw.list', `「${id}」的名單與凍結時不同，不能開獎。`);
      const ranked = rank(entries, { seed, listHash: frozen.hash, value: value.text });
      const drawn = {
        at: clock.now(),
        seed,
        won: ranked.slice(0, frozen.winners),
        reserve: ranked.slice(frozen.winners, frozen.winners + frozen.reserves),
      };
      await rows.updateOne({ _id: id, state: 'valued' }, { $set: { state: 'drawn', drawn } });
      crashPoint('draw-drawn');
      return (await mustHave(id)).drawn ?? drawn;
    },

    /** Who won and who is in reserve, by place. */
    async outcome(id: string): Promise<{ won: string[]; reserve: string[] } | undefined> {
      const draw = await mustHave(id);
      const { drawn, frozen } = draw;
      if (!drawn || !frozen) return undefined;
      const found = await entryRows
        .find({ draw: id, attempt: frozen.attempt, entry: { $in: [...drawn.won, ...drawn.reserve] } })
        .toArray();
      const pidOf = new Map(found.map(({ entry, pid }) => [entry, pid]));
      const pids = (entries: string[]) => entries.map((entry) => pidOf.get(entry) as string);
      return { won: pids(drawn.won), reserve: pids(drawn.reserve) };
    },

    proof: proofOf,

    /** What of a draw does not come out the same when it is worked out again; nothing, if all is right. */
    async check(id: string): Promise<string[]> {
      return verify(await proofOf(id));
    },

    idOf: drawId,
    read: async (id: string): Promise<Draw | undefined> => (await rows.findOne({ _id: id })) ?? undefined,
    of: (campaign: string): Promise<Draw[]> => rows.find({ campaign }, { sort: { _id: 1 } }).toArray(),
  };
}

export type Draws = ReturnType<typeof createDraws>;
