import { randomInt } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { randomId } from '../../kit/ids';
import type { Prize } from '../prizes/prize';
import { changed, type Draw, type DrawPrize, drawId, type EntryRow } from './draw';
import { listHashOf } from './draw-proof';

/** Who takes part in a draw, once that is known for good. */
export function createLists(given: {
  db: Connection;
  clock: Clock;
  mustHave: (id: string) => Promise<Draw>;
}) {
  const { db, clock, mustHave } = given;
  const rows = db.collection<Draw>('draws');
  const entryRows = db.collection<EntryRow>('drawEntries');

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

  return {
    entriesOf,

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
          'draw.late',
          `「${draw.named}」已經可以知道，名單不能再用它來抽；請兩位同事另外指定一個之後才會公布的數。`,
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
  };
}

/** Ten digits at random: told to her, and all that the list says of her. */
const newEntry = (): string => String(randomInt(10 ** 10)).padStart(10, '0');
