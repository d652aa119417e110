import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomInt } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingIso, beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { randomId } from '../../kit/ids';
import { isSamePerson } from '../../kit/signed';
import type { IndexSpec } from '../../store/indexes';
import type { Giver, Prize } from '../prizes/prize';
import type { Upkeep } from '../upkeep';
import { commitmentOf, type DrawProof, listHashOf, rank } from './draw-proof';

/**
 * `draws{_id: '<campaign>/<prize>'}`. The states can only follow each other: committed (before the first answer) → frozen (the
 * list is known, the value not yet) → valued (two people entered the same value) → drawn.
 */
export type Draw = {
  _id: string;
  campaign: string;
  prize: string;
  state: 'committed' | 'frozen' | 'valued' | 'drawn';
  /** SHA-256 of the seed, hex: published at the start. */
  commitment: string;
  committedAt: number;
  /** The seed, encrypted until the draw. */
  sealed: string;
  /** What was named beforehand, and when it will be known (business ms). */
  named: string;
  valueAt: number;
  /** The value was put off, by two people: what was named before. */
  putOff: { named: string; valueAt: number; by: string; approvedBy: string; at: number; reason: string }[];
  /** Said by one person; a second must say the same. */
  pending?: Pending;
  frozen?: { at: number; hash: string; entries: number; attempt: string; winners: number; reserves: number };
  value?: { text: string; at: number; by: string; approvedBy: string };
  drawn?: { at: number; seed: string; won: string[]; reserve: string[] };
};
type Pending =
  | { what: 'value'; by: string; at: number; text: string }
  | { what: 'putOff'; by: string; at: number; named: string; valueAt: number; reason: string };

/** One entry: the number she is told, and whose it is. Belongs to the draw only if its attempt was the one that froze it. */
type EntryRow = { draw: string; attempt: string; entry: string; pid: string };

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

type DrawPrize = Prize & { way: Extract<Prize['way'], { kind: 'draw' }> };
const isDraw = (prize: Prize): prize is DrawPrize => prize.way.kind === 'draw';
export const drawId = (campaign: string, prize: string): string => `${campaign}/${prize}`;

/**
 * Draws that anybody can check: the seed is committed to at the start, the list is frozen and its hash published before the
 * value that decides is known, and nobody, we included, can know the outcome before that or change it after.
 */
export function createDraws({ db, clock, dataKey }: { db: Connection; clock: Clock; dataKey: string }) {
  const rows = db.collection<Draw>('draws');
  const entryRows = db.collection<EntryRow>('drawEntries');
  const sealKey = createHmac('sha256', dataKey).update('draw-seal').digest();

  function seal(seed: Buffer, id: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(id));
    const body = Buffer.concat([cipher.update(seed), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
  }

  function unseal(sealed: string, id: string): string {
    const all = Buffer.from(sealed, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', sealKey, all.subarray(0, 12));
    cipher.setAAD(Buffer.from(id)).setAuthTag(all.subarray(12, 28));
    return Buffer.concat([cipher.update(all.subarray(28)), cipher.final()]).toString('hex');
  }

  async function mustHave(id: string): Promise<Draw> {
    const draw = await rows.findOne({ _id: id }, { readConcern: 'majority' });
    if (!draw) throw new AppError('NotFound', 'draw', `沒有編號是「${id}」的抽獎。`);
    return draw;
  }

  /** The frozen list, ascending. */
  async function* listOf(draw: Draw): AsyncGenerator<EntryRow> {
    yield* entryRows.find(
      { draw: draw._id, attempt: draw.frozen?.attempt ?? '' },
      { sort: { entry: 1 }, readConcern: 'majority' },
    );
  }

  async function entriesOf(draw: Draw): Promise<string[]> {
    const entries: string[] = [];
    for await (const { entry } of listOf(draw)) entries.push(entry);
    return entries;
  }

  /**
   * One person says something, a second says the same: then it is done. The same person again only corrects what she said.
   */
  async function together(given: {
    draw: Draw;
    from: Draw['state'][];
    said: Pending;
    same: (before: Pending) => boolean;
    then: (first: Pending) => Record<string, unknown>;
  }): Promise<'waits' | 'done'> {
    const { draw, from, said, same, then } = given;
    const { pending } = draw;
    const second = pending && pending.what === said.what && !isSamePerson(pending.by, said.by);
    if (second && !same(pending)) {
      await rows.updateOne({ _id: draw._id, pending }, { $unset: { pending: 1 } });
      throw new AppError(
        'Conflict',
        'draw_differs',
        `與 ${pending.by} 先前輸入的不同，兩個都沒有採用；請兩位核對原始公告後各自再輸入一次。`,
      );
    }
    const before = pending ? { pending } : { pending: { $exists: false } };
    const { matchedCount } = await rows.updateOne(
      { _id: draw._id, state: { $in: from }, ...before },
      second ? { ...then(pending), $unset: { pending: 1 } } : { $set: { pending: said } },
    );
    if (matchedCount === 0) throw changed(draw._id);
    return second ? 'done' : 'waits';
  }

  return {
    upkeep: { indexes: drawIndexes } satisfies Upkeep,
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

    /**
     * Writes down who takes part, for good: each gets a number at random, and the hash of the list is what is published.
     * Again: the list that was frozen first.
     *
     * @throws AppError Conflict when the value is known by now (put it off first), or the campaign never committed
     */
    async freeze(given: {
      campaign: string;
      prize: Prize;
      pids: Iterable<string> | AsyncIterable<string>;
    }): Promise<NonNullable<Draw['frozen']>> {
      const { campaign, prize, pids } = given;
      const draw = await mustHave(drawId(campaign, prize.id));
      if (draw.frozen) return draw.frozen;
      if (clock.now() >= draw.valueAt)
        throw new AppError(
          'Conflict',
          'draw_late',
          `「${draw.named}」已經可以知道，名單不能再用它來抽；請兩位同事另外指定一個之後才會公布的數（draw put-off）。`,
        );
      const attempt = randomId();
      const taken = new Set<string>();
      let piece: EntryRow[] = [];
      const flush = async () => {
        if (piece.length > 0) await entryRows.insertMany(piece, { ordered: false });
        piece = [];
        crashPoint('draw-entries-written');
      };
      for await (const pid of pids) {
        let entry = newEntry();
        while (taken.has(entry)) entry = newEntry();
        taken.add(entry);
        piece.push({ draw: draw._id, attempt, entry, pid });
        if (piece.length === 1_000) await flush();
      }
      await flush();
      const way = (prize as DrawPrize).way;
      const terms = { draw: draw._id, winners: prize.quantity, reserves: way.reserves, named: draw.named };
      const entries = [...taken].toSorted();
      const frozen = {
        at: clock.now(),
        hash: listHashOf(terms, entries),
        entries: entries.length,
        attempt,
        winners: terms.winners,
        reserves: terms.reserves,
      };
      await rows.updateOne(
        { _id: draw._id, state: 'committed', named: draw.named, valueAt: draw.valueAt },
        { $set: { state: 'frozen', frozen }, $unset: { pending: 1 } },
      );
      crashPoint('draw-frozen');
      const now = await mustHave(draw._id);
      if (!now.frozen) throw changed(draw._id);
      await entryRows.deleteMany({ draw: draw._id, attempt: { $ne: now.frozen.attempt } });
      return now.frozen;
    },

    /** The draws of a campaign as she sees them: what is promised, and her number once the list is frozen ('' before, or without one). */
    async seenBy(campaign: Giver, pid: string): Promise<SeenDraw[]> {
      const nameOf = new Map(campaign.prizes.map(({ id, name }) => [id, name]));
      const its = await rows.find({ campaign: campaign.id }, { sort: { _id: 1 } }).toArray();
      return Promise.all(
        its.map(async ({ _id, prize, commitment, named, state, frozen, value }) => ({
          name: nameOf.get(prize) ?? prize,
          commitment,
          named,
          listHash: frozen?.hash ?? '',
          entries: frozen?.entries ?? 0,
          value: value?.text ?? '',
          drawn: state === 'drawn',
          number: (await entryRows.findOne({ pid, draw: _id, attempt: frozen?.attempt ?? '' }))?.entry ?? '',
        })),
      );
    },

    /** Her numbers in all the draws she is in, whichever campaign they are of; the oldest first. */
    async numbersOf(
      pid: string,
    ): Promise<{ campaign: string; prize: string; number: string; drawn: boolean }[]> {
      const hers = await entryRows.find({ pid }).toArray();
      if (hers.length === 0) return [];
      const its = await rows
        .find({ _id: { $in: hers.map(({ draw }) => draw) } }, { sort: { valueAt: 1, _id: 1 } })
        .toArray();
      return its.flatMap(({ _id, campaign, prize, state, frozen }) => {
        const entry = hers.find(({ draw, attempt }) => draw === _id && attempt === frozen?.attempt)?.entry;
        return entry === undefined ? [] : [{ campaign, prize, number: entry, drawn: state === 'drawn' }];
      });
    },

    /**
     * Enters the value that was named, once it is known. Two people, each on her own; only when both say the same it
     * counts.
     *
     * @throws AppError Conflict before the list is frozen, before its time, or when they differ (both are dropped)
     */
    async enter({ id, value, by }: { id: string; value: string; by: string }): Promise<'waits' | 'done'> {
      const draw = await mustHave(id);
      const text = canonicalValue(value);
      if (text === '') throw new AppError('Invalid', 'draw_value', '公開數是空的。');
      if (draw.value) {
        if (draw.value.text === text) return 'done';
        throw new AppError('Conflict', 'draw_state', `「${id}」的公開數已經確定是「${draw.value.text}」。`);
      }
      if (draw.state !== 'frozen')
        throw new AppError('Conflict', 'draw_state', `「${id}」的名單還沒有凍結，不能輸入公開數。`);
      const at = clock.now();
      if (at < draw.valueAt)
        throw new AppError(
          'Conflict',
          'draw_early',
          `「${draw.named}」要到 ${beijingMoment(draw.valueAt)} 才會公布。`,
        );
      return together({
        draw,
        from: ['frozen'],
        said: { what: 'value', by, at, text },
        same: (first) => first.what === 'value' && first.text === text,
        then: (first) => ({
          $set: { state: 'valued', value: { text, at, by: first.by, approvedBy: by } },
        }),
      });
    },

    /**
     * Names a later value in place of one that is known before the list could be frozen, or will never be published. Two
     * people; what was named before is kept and shown in the proof's history.
     */
    async putOff(given: {
      id: string;
      named: string;
      valueAt: number;
      by: string;
      reason: string;
    }): Promise<'waits' | 'done'> {
      const { id, valueAt, by, reason } = given;
      const draw = await mustHave(id);
      const named = given.named.trim();
      const at = clock.now();
      if (draw.state !== 'committed')
        throw new AppError('Conflict', 'draw_state', `「${id}」的名單已經凍結，公開數不能再換。`);
      if (named === '' || valueAt <= at)
        throw new AppError('Invalid', 'draw_value', '請指定一個以後才會公布的數，和它公布的時間。');
      return together({
        draw,
        from: ['committed'],
        said: { what: 'putOff', by, at, named, valueAt, reason },
        same: (first) =>
          first.what === 'putOff' &&
          canonicalValue(first.named) === canonicalValue(named) &&
          first.valueAt === valueAt,
        then: (first) => ({
          $set: { named, valueAt },
          $push: {
            putOff: { named: draw.named, valueAt: draw.valueAt, by: first.by, approvedBy: by, at, reason },
          },
        }),
      });
    },

    /** Opens the seed and draws. Again: the same result. @throws AppError Conflict before the value is entered */
    async run(id: string): Promise<NonNullable<Draw['drawn']>> {
      const draw = await mustHave(id);
      if (draw.drawn) return draw.drawn;
      const { frozen, value } = draw;
      if (!frozen || !value)
        throw new AppError('Conflict', 'draw_state', `「${id}」的公開數還沒有由兩位同事輸入，不能開獎。`);
      const seed = unseal(draw.sealed, id);
      if (commitmentOf(seed) !== draw.commitment)
        throw new AppError('Conflict', 'draw_seed', `「${id}」的種子與開賽時公布的承諾不符，不能開獎。`);
      const entries = await entriesOf(draw);
      const terms = { draw: id, winners: frozen.winners, reserves: frozen.reserves, named: draw.named };
      if (listHashOf(terms, entries) !== frozen.hash)
        throw new AppError('Conflict', 'draw_list', `「${id}」的名單與凍結時不同，不能開獎。`);
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

    /** For everybody, once it is drawn. */
    async proof(id: string): Promise<DrawProof & { putOff: Draw['putOff'] }> {
      const draw = await mustHave(id);
      const { frozen, value, drawn } = draw;
      if (!frozen || !value || !drawn)
        throw new AppError('Conflict', 'draw_state', `「${id}」還沒有開獎，沒有證明可以匯出。`);
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
    },

    idOf: drawId,
    read: async (id: string): Promise<Draw | undefined> => (await rows.findOne({ _id: id })) ?? undefined,
    of: (campaign: string): Promise<Draw[]> => rows.find({ campaign }, { sort: { _id: 1 } }).toArray(),
  };
}

export type SeenDraw = {
  name: string;
  commitment: string;
  named: string;
  /** '' and 0 before the list is frozen. */
  listHash: string;
  entries: number;
  /** '' before two people have entered it. */
  value: string;
  drawn: boolean;
  number: string;
};
export type Draws = ReturnType<typeof createDraws>;

/** Ten digits at random: told to her, and all that the list says of her. */
const newEntry = (): string => String(randomInt(10 ** 10)).padStart(10, '0');

/** Width and spaces of what somebody typed do not decide who wins. */
export const canonicalValue = (text: string): string =>
  text.normalize('NFKC').replaceAll(/\s+/g, ' ').trim().toLowerCase();

const changed = (id: string) =>
  new AppError('Conflict', 'draw_changed', `「${id}」剛剛被別人動過，什麼都沒有寫入；請看過再做一次。`);
