import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { Draws } from '../draws/draws';
import type { Tickets } from '../prizes/tickets';
import type { Timers } from '../timers/timers';
import type { Upkeep } from '../upkeep';
import { createAmending } from './amending';
import type { Campaign, CampaignState, Content } from './campaign';
import { type CampaignRow, type CampaignVersion, campaignOf, contentOf } from './campaign-row';
import { campaignEnd, campaignSettle, campaignStart } from './campaigns.jobs';
import { createDeeds } from './deeds';
import { createDrafts } from './drafts';
import { createEnding } from './ending';
import { awarded, createFindings } from './gate/findings';
import type { Finding, Kind } from './kind';
import { createOpening } from './opening';
import { createPublished } from './published';
import { campaignRemind } from './reminders.jobs';
import { isOver, isPublished } from './states';

/** A campaign as a list shows it. */
export type CampaignHead = Pick<
  CampaignRow,
  '_id' | 'title' | 'state' | 'version' | 'startsAt' | 'endsAt' | 'author'
> & { proposal?: { by: string }; check?: { findings: Pick<Finding, 'level'>[] } };

export const campaignIndexes: IndexSpec[] = [
  { collection: 'campaigns', key: { kind: 1, startsAt: -1, _id: -1 }, why: 'the list of a kind of campaign' },
  { collection: 'campaignVersions', key: { campaign: 1, version: 1 }, why: 'how did this campaign change' },
];

/**
 * Campaigns: their states, what may change when, and what every process holds of them (`load` follows
 * `versions{_id: 'campaigns'}`).
 * @throws AppError `Conflict` when a deed is not possible now, `Invalid` when the content is refused, `NotFound`.
 */
export function createCampaigns(given: {
  db: Connection;
  clock: Clock;
  timers: Pick<Timers, 'arm' | 'disarm' | 'hasten'>;
  tickets: Pick<Tickets, 'addCodes' | 'codes' | 'counts' | 'stock' | 'takeOut'>;
  /** Seeds are committed to before the first answer. */
  draws?: Pick<Draws, 'commit'>;
  /** An author whose campaigns nobody plays: of the sample, where the account is somebody's. */
  notBy?: string | undefined;
  strangers: (pids: string[]) => Promise<string[]>;
  /** By the names that campaigns have in `kind`. */
  kinds: Readonly<Record<string, Kind>>;
}) {
  const { db, clock, timers } = given;
  const published = createPublished({ db, clock, notBy: given.notBy });
  const findings = createFindings({ ...given, kindOf });
  const deeds = createDeeds({ db, clock, published });
  const opening = createOpening({ ...given, deeds, findings });
  const drafts = createDrafts({ clock, deeds, findings });
  const { rows, past, loaded } = deeds;
  const rulesKept = new Map<string, Pick<Campaign, 'prizes'>>();

  function kindOf({ id, kind }: Pick<Content, 'id' | 'kind'>): Kind {
    const known = Object.hasOwn(given.kinds, kind) ? given.kinds[kind] : undefined;
    if (!known)
      throw new AppError('Invalid', 'campaign.kind', `活動「${id}」是「${kind}」，這個程式沒有這種活動。`);
    return known;
  }

  return {
    upkeep: {
      indexes: campaignIndexes,
      jobs: [campaignStart, campaignEnd, campaignSettle, campaignRemind],
      follows: { campaigns: published.load },
      sweep: opening.restock,
    } satisfies Upkeep,
    load: published.load,
    running: published.running,
    live: published.live,
    upcoming: published.upcoming,
    byKeyword: published.byKeyword,
    named: published.named,
    calledBy: published.calledBy,
    byMenuKey: published.byMenuKey,
    latest: published.latest,
    nameKeptUntil: published.nameKeptUntil,
    /** A published campaign. */
    get: published.get,
    all: published.all,

    ...drafts,
    start: opening.start,
    begin: opening.begin,
    ...createAmending({ ...given, deeds, findings, opening, kindOf, save: drafts.save }),
    ...createEnding({ clock, deeds, timers }),

    /** Whom the staff list of this text would not exclude, and why. */
    unknownStaff: findings.unknownStaff,
    /** Tells her when it begins; asked twice, once. */
    remind: ({ id: campaign, startsAt }: Pick<Campaign, 'id' | 'startsAt'>, pid: string): Promise<void> =>
      timers.arm({
        id: `campaign-remind:${campaign}:${pid}:${startsAt}`,
        dueAt: new Date(startsAt),
        job: campaignRemind,
        data: { campaign, pid },
      }),

    /** A campaign in any state, from the database. */
    find: async (id: string): Promise<Campaign | undefined> => {
      const row = await rows.findOne({ _id: id });
      return row ? campaignOf(row) : undefined;
    },
    /** As `find`, with author, check, proposal and log. */
    row: loaded,
    list: (): Promise<
      Pick<CampaignRow, '_id' | 'title' | 'state' | 'version' | 'startsAt' | 'endsAt' | 'author'>[]
    > =>
      rows
        .find({}, { projection: { title: 1, state: 1, version: 1, startsAt: 1, endsAt: 1, author: 1 } })
        .sort({ startsAt: 1, _id: 1 })
        .toArray(),
    /** Those of a kind, the last to begin first; `after`: where the list goes on. */
    page: ({
      kind,
      state,
      after,
      most,
    }: {
      kind: string;
      state?: CampaignState | undefined;
      after?: { startsAt: number; id: string } | undefined;
      most: number;
    }): Promise<CampaignHead[]> =>
      rows
        .find(
          {
            kind,
            ...(state === undefined ? {} : { state }),
            ...(after === undefined
              ? {}
              : {
                  $or: [
                    { startsAt: { $lt: after.startsAt } },
                    { startsAt: after.startsAt, _id: { $lt: after.id } },
                  ],
                }),
          },
          {
            projection: {
              title: 1,
              state: 1,
              version: 1,
              startsAt: 1,
              endsAt: 1,
              author: 1,
              'proposal.by': 1,
              'check.findings.level': 1,
            },
            sort: { startsAt: -1, _id: -1 },
            limit: most,
          },
        )
        .toArray(),
    /** The rules as they were published at a version: what the answer log is judged by. Never changes, so it is kept. */
    async rulesAt(id: string, version: number): Promise<Pick<Campaign, 'prizes'>> {
      const key = `${id}/${version}`;
      const known = rulesKept.get(key);
      if (known) return known;
      const row = await past.findOne({ _id: key }, { projection: { 'content.prizes': 1 } });
      if (!row) throw new AppError('NotFound', 'campaign.version', `活動「${id}」沒有第 ${version} 版。`);
      const rules = { prizes: row.content.prizes };
      rulesKept.set(key, rules);
      return rules;
    },
    /** What stands of it, and what a new text would be: a draft, an amendment, or of the text only the codes. */
    async present(
      id: string,
    ): Promise<{ content: Content; next: 'draft' | 'amendment' | 'codes' } | undefined> {
      const row = await rows.findOne({ _id: id });
      if (!row) return undefined;
      const next = isOver(row.state) ? 'codes' : isPublished(row.state) ? 'amendment' : 'draft';
      return { content: contentOf(row), next };
    },
    /** How many of each prize are somebody's. */
    awarded: (id: string) => awarded(db, id),
    history: (id: string): Promise<CampaignVersion[]> =>
      past.find({ campaign: id }).sort({ version: 1 }).toArray(),
  };
}

export type Campaigns = ReturnType<typeof createCampaigns>;
