import type { Connection } from 'mongoose';
import { beijingDay, dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { fold } from '../../kit/text';
import type { Campaign, CampaignState } from './campaign';
import { type CampaignRow, campaignOf } from './campaign-row';

const published: CampaignState[] = ['scheduled', 'running', 'paused', 'ended', 'settling', 'settled'];
/** Fans ask for winners and prizes long after the end; then it leaves the memory. */
const keptMs = 120 * dayMs;
const claimsOpenMs = 90 * dayMs;

/**
 * The published campaigns, as this process holds them: a snapshot, swapped whole by `load`. A campaign that did not change
 * stays the same object, so what others derive from it may hang on it (a WeakMap).
 */
export function createPublished({
  db,
  clock,
  notBy,
}: {
  db: Connection;
  clock: Clock;
  notBy: string | undefined;
}) {
  const rows = db.collection<CampaignRow>('campaigns');
  let current = index([]);
  let revs = new Map<string, number>();
  let loading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const filter = {
      state: { $in: published },
      ...(notBy === undefined ? {} : { author: { $ne: notBy } }),
      $or: [{ state: { $ne: 'settled' as const } }, { endsAt: { $gt: clock.now() - keptMs } }],
    };
    const heads = await rows.find(filter, { projection: { _id: 1, rev: 1 } }).toArray();
    const changed = heads.filter(({ _id, rev }) => revs.get(_id) !== rev).map(({ _id }) => _id);
    const fresh = new Map<string, { campaign: Campaign; rev: number }>();
    if (changed.length > 0)
      for (const row of await rows.find({ _id: { $in: changed } }).toArray())
        fresh.set(row._id, { campaign: campaignOf(row), rev: row.rev });
    const campaigns: Campaign[] = [];
    const next = new Map<string, number>();
    for (const { _id } of heads) {
      const one = fresh.get(_id);
      const campaign = one?.campaign ?? current.byId.get(_id);
      if (!campaign) continue;
      campaigns.push(campaign);
      next.set(_id, one?.rev ?? (revs.get(_id) as number));
    }
    current = index(campaigns);
    revs = next;
  }

  /** The most useful of several: one that is on, else the next to come, else the last that was. */
  function best(campaigns: readonly Campaign[], at: number): Campaign | undefined {
    const on = campaigns.find((campaign) => isLive(campaign, at));
    if (on) return on;
    const next = campaigns
      .filter((campaign) => campaign.startsAt > at)
      .toSorted((a, b) => a.startsAt - b.startsAt)[0];
    return next ?? campaigns.toSorted((a, b) => b.endsAt - a.endsAt)[0];
  }

  const byKeyword = (folded: string, at: number): Campaign | undefined =>
    best(current.byKeyword.get(folded) ?? [], at);

  /** The campaign of a title, with the day it began on where several have it, or of a keyword, as she says it: 「秋日一戰的」. */
  function named(said: string, at = clock.now()): Campaign | undefined {
    const folded = fold(said).replace(/的$/, '');
    if (folded.length < 2) return undefined;
    const titled = current.all.filter(({ title }) => fold(title) === folded);
    const dated = current.all.find((campaign) => fold(datedTitle(campaign)) === folded);
    return best(titled, at) ?? dated ?? byKeyword(folded, at);
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
    running: (at = clock.now()): Campaign[] =>
      current.all.filter((campaign) => campaign.state === 'running' && isLive(campaign, at)),
    /** As `running`, and those that are paused. */
    live: (at = clock.now()): Campaign[] => current.all.filter((campaign) => isLive(campaign, at)),
    /** Published and not begun, soonest first. */
    upcoming: (at = clock.now()): Campaign[] =>
      current.all.filter((campaign) => campaign.startsAt > at).toSorted((a, b) => a.startsAt - b.startsAt),
    /** The campaign that a keyword (folded by `fold`) starts: a live one, else the next, else the last. */
    byKeyword: (folded: string, at = clock.now()): Campaign | undefined => byKeyword(folded, at),
    named,
    /** What she can call a campaign by, so that no other is meant. */
    calledBy: (
      campaign: Pick<Campaign, 'id' | 'title' | 'keywords' | 'startsAt'>,
      at = clock.now(),
    ): string =>
      [campaign.title, ...campaign.keywords].find((words) => named(words, at)?.id === campaign.id) ??
      datedTitle(campaign),
    byMenuKey: (key: string, at = clock.now()): Campaign | undefined =>
      best(
        current.all.filter((campaign) => campaign.menuKey === key),
        at,
      ),
    /** The one a question about 「排行」 or 「獎品」 is about, when it names none. */
    latest: (at = clock.now()): Campaign | undefined => best(current.all, at),
    get: (id: string): Campaign | undefined => current.byId.get(id),
    /** Until when the name of somebody who played these is kept after she left (business ms): the last claim is over then. */
    nameKeptUntil(ids: string[]): number | undefined {
      const ends = ids.flatMap((id) => current.byId.get(id)?.endsAt ?? []);
      return ends.length > 0 ? Math.max(...ends) + claimsOpenMs : undefined;
    },
    all: (): readonly Campaign[] => current.all,
  };
}

export type Published = ReturnType<typeof createPublished>;

const isLive = ({ state, startsAt, endsAt }: Campaign, at: number): boolean =>
  (state === 'running' || state === 'paused') && at >= startsAt && at <= endsAt;

/** 「11月21日的秋日一戰」, with the year. */
function datedTitle({ title, startsAt }: Pick<Campaign, 'title' | 'startsAt'>): string {
  const [year, month, day] = beijingDay(startsAt).split('-').map(Number);
  return `${year}年${month}月${day}日的${title}`;
}

function index(all: readonly Campaign[]) {
  const byKeyword = new Map<string, Campaign[]>();
  for (const campaign of all)
    for (const word of new Set(campaign.keywords.map(fold))) {
      const list = byKeyword.get(word);
      if (list) list.push(campaign);
      else byKeyword.set(word, [campaign]);
    }
  return { all, byId: new Map(all.map((campaign) => [campaign.id, campaign])), byKeyword };
}
