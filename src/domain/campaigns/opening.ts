import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Draws } from '../draws/draws';
import type { Tickets } from '../prizes/tickets';
import type { Timers } from '../timers/timers';
import type { Content } from './campaign';
import { type CampaignRow, contentOf } from './campaign-row';
import { campaignEnd, campaignStart } from './campaigns.jobs';
import { type By, busy, type Deeds, mustBe, mustBeSecond } from './deeds';
import { type Findings, refuseOn, type TakenBy } from './gate/findings';

/** From a checked draft to a campaign that runs, with its stock and its timers. */
export function createOpening(given: {
  clock: Clock;
  deeds: Deeds;
  findings: Findings;
  timers: Pick<Timers, 'arm' | 'hasten'>;
  tickets: Pick<Tickets, 'stock'>;
  draws?: Pick<Draws, 'commit'>;
}) {
  const { clock, findings, timers, tickets, draws } = given;
  const { rows, loaded, act } = given.deeds;

  /**
   * Only for what is published and can shrink no more: of what might still be withdrawn, or fail to come into force, more
   * could be made than is promised. Making what is there already makes nothing.
   */
  async function makeStock({ id, prizes }: Content): Promise<void> {
    for (const prize of prizes) await tickets.stock(id, prize);
    crashPoint('campaign-stocked');
    await draws?.commit({ id, prizes });
    crashPoint('campaign-draws-committed');
  }

  /** The tickets of what is in force. Begun anew by `restock` when it was cut off; `stocking` stays until all are there. */
  async function finishStock(row: CampaignRow): Promise<void> {
    await makeStock(contentOf(row));
    await rows.updateOne({ _id: row._id, version: row.version }, { $unset: { stocking: 1 } });
  }

  /**
   * A scheduled campaign begins: from the mark on it cannot be withdrawn, so its stock may be made, and when that lies there it
   * runs. Cut off anywhere, the timer of its start goes on with it.
   */
  async function open({ id, by }: By, startsAt?: number): Promise<void> {
    const row = await rows.findOneAndUpdate(
      { _id: id, state: 'scheduled' },
      { $set: { stocking: true, ...(startsAt === undefined ? {} : { startsAt }) }, $inc: { rev: 1 } },
      { returnDocument: 'after' },
    );
    if (!row) return;
    crashPoint('campaign-stocking');
    await makeStock(contentOf(row));
    await act({ id, by }, (current) => {
      if (current.state !== 'scheduled') return undefined;
      // A change came into force meanwhile: its stock is another.
      if (current.version !== row.version) throw busy(id);
      return { deed: 'begin', set: { state: 'running' }, unset: ['stocking'] };
    });
    await remindPlayers(id);
  }

  /** Who asked to be told of the beginning is told now, whatever time she was told it would be. */
  const remindPlayers = (id: string): Promise<void> => timers.hasten(`campaign-remind:${id}`);

  /**
   * The job of the start time: a scheduled campaign begins. Does nothing when it began, was withdrawn or moved.
   * `firedAt`: the time that has come, on the clock of the process that fired the timer; ours may be behind it.
   */
  async function begin(id: string, firedAt = 0): Promise<void> {
    const row = await rows.findOne({ _id: id });
    if (!row || row.startsAt > Math.max(clock.now(), firedAt)) return;
    // `start` was interrupted between its timer and its write, or is at it just now: to be tried again.
    if (row.state === 'checked')
      throw new AppError('Conflict', 'campaign.state', `活動「${id}」還沒有公布。`);
    if (row.state === 'running') return remindPlayers(id); // a kill may have come before this
    if (row.state !== 'scheduled') return;
    const found = await findings.rules(contentOf(row));
    refuseOn(id, found);
    await rows.updateOne(
      { _id: id, rev: row.rev },
      { $set: { check: { at: clock.now(), by: 'timer', findings: found } } },
    );
    await open({ id, by: 'timer' });
  }

  async function armEnd(id: string, at: number): Promise<void> {
    await timers.arm({
      id: endTimer(id, at),
      dueAt: new Date(at + 1),
      job: campaignEnd,
      data: { campaign: id, at },
    });
  }
  async function armStart(id: string, at: number): Promise<void> {
    await timers.arm({
      id: startTimer(id, at),
      dueAt: new Date(at),
      job: campaignStart,
      data: { campaign: id, at },
    });
  }

  /** The stock of a change that came into force and was cut off before it lay there. */
  async function restock(): Promise<void> {
    for (const row of await rows.find({ stocking: true, state: { $ne: 'scheduled' } }).toArray())
      await finishStock(row);
  }

  /**
   * Publishes a checked campaign; it begins at its time, or at once when that has come (`now`: when it has not, too).
   * The compliance gate is asked once more.
   */
  async function start({
    id,
    by,
    takenBy,
    now,
  }: By & { takenBy: TakenBy; now?: true }): Promise<'scheduled' | 'running'> {
    const row = await loaded(id);
    const at = clock.now();
    // It was cut off while it began: begun anew.
    if (row.state === 'scheduled' && row.startsAt <= at) {
      await begin(id);
      return 'running';
    }
    mustBe(row, row.state === 'scheduled' && now ? 'begin' : 'schedule');
    if (row.state === 'scheduled') mustBeSecond(row, by);
    if (row.endsAt <= at) throw refused(id, `結束時間 ${beijingMoment(row.endsAt)} 已過，請改好再導入`);
    const startsAt = now ? Math.min(row.startsAt, at) : row.startsAt;
    const found = await findings.all(contentOf(row), takenBy);
    refuseOn(id, found);
    // Before the state moves: a kill between the two leaves a timer without effect, never a campaign without one.
    await armEnd(id, row.endsAt);
    await armStart(id, startsAt);
    crashPoint('campaign-timers-armed');
    const check = { at, by, findings: found };
    if (row.state === 'scheduled') await rows.updateOne({ _id: id, rev: row.rev }, { $set: { check } });
    else
      await act({ id, by }, async (current, session) => {
        if (current.rev !== row.rev) throw busy(id);
        refuseOn(id, await findings.rivals(contentOf(row), session));
        const version = {
          version: row.version + 1,
          by: row.author,
          approvedBy: by,
          changes: [],
          findings: found,
          content: { ...contentOf(row), startsAt },
        };
        const set = { state: 'scheduled' as const, startsAt, check, version: version.version };
        return { deed: 'schedule', set, version };
      });
    if (startsAt > at) return 'scheduled';
    await open({ id, by }, startsAt);
    return 'running';
  }

  return { start, begin, finishStock, restock, armStart, armEnd };
}

export const startTimer = (id: string, at: number) => `campaign-start:${id}:${at}`;
export const endTimer = (id: string, at: number) => `campaign-end:${id}:${at}`;

const refused = (id: string, why: string) =>
  new AppError('Invalid', 'campaign.refused', `活動「${id}」不能公布：${why}。`);
