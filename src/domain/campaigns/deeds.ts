import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { isSamePerson } from '../../kit/signed';
import { bumpVersion } from '../../store/versions';
import type { Campaign, Content } from './campaign';
import type { CampaignRow, CampaignVersion, LogEntry } from './campaign-row';
import type { Published } from './published';
import { type Deed, stateNames, table } from './states';

export type By = { id: string; by: string };
export type Plan = {
  deed: Deed | 'reject';
  set?: Partial<Omit<CampaignRow, '_id' | 'rev' | 'log'>>;
  unset?: ('check' | 'proposal' | 'stocking' | 'menuKey')[];
  reason?: string | undefined;
  version?: Omit<CampaignVersion, '_id' | 'campaign' | 'at'>;
};

/**
 * The one way in which a campaign is changed once it is there: each deed is one transaction over the campaign, its version
 * and the number that all processes follow. Two at once never both pass, since both move the number.
 */
export function createDeeds({
  db,
  clock,
  published,
}: {
  db: Connection;
  clock: Clock;
  published: Published;
}) {
  const rows = db.collection<CampaignRow>('campaigns');
  const past = db.collection<CampaignVersion>('campaignVersions');

  async function loaded(id: string): Promise<CampaignRow> {
    const row = await rows.findOne({ _id: id });
    if (!row) throw unknown(id);
    return row;
  }

  /** One deed: reads, plans, writes on the condition that nothing moved. */
  async function act(
    { id, by }: By,
    plan: (row: CampaignRow, session: ClientSession) => Plan | undefined | Promise<Plan | undefined>,
  ): Promise<Campaign | undefined> {
    const done = await db.transaction(async (session) => {
      const row = await rows.findOne({ _id: id }, { session });
      if (!row) throw unknown(id);
      const planned = await plan(row, session);
      if (!planned) return false;
      const { deed, set = {}, unset = [], reason, version } = planned;
      if (deed !== 'reject') mustBe(row, deed);
      const at = clock.now();
      const entry: LogEntry = { at, by, deed, state: set.state ?? row.state, ...(reason ? { reason } : {}) };
      const { matchedCount } = await rows.updateOne(
        { _id: id, state: row.state, version: row.version, rev: row.rev },
        {
          $set: set,
          ...(unset.length > 0 ? { $unset: Object.fromEntries(unset.map((field) => [field, ''])) } : {}),
          $inc: { rev: 1 },
          $push: { log: { $each: [entry], $slice: -200 } },
        },
        { session },
      );
      if (matchedCount === 0) throw busy(id);
      if (version)
        await past.insertOne({ _id: `${id}/${version.version}`, campaign: id, at, ...version }, { session });
      await bumpVersion(db, 'campaigns', session);
      return true;
    });
    if (!done) return published.get(id);
    crashPoint('campaign-changed');
    await published.load();
    return published.get(id);
  }

  return { rows, past, loaded, act };
}

export type Deeds = ReturnType<typeof createDeeds>;

export function mustBe({ _id, state }: CampaignRow, deed: Deed): void {
  const { from, name } = table[deed];
  if (from.includes(state)) return;
  const when = from.map((one) => `「${stateNames[one]}」`).join('或');
  throw new AppError(
    'Conflict',
    'campaign.state',
    `活動「${_id}」現在是「${stateNames[state]}」；${name}只能在${when}時做。`,
  );
}

export function mustBeSecond({ _id, author }: CampaignRow, by: string): void {
  if (isSamePerson(author, by))
    throw new AppError(
      'Forbidden',
      'campaign.second-person',
      `活動「${_id}」是 ${author} 寫的，這件事請由另一位來做。`,
    );
}

const unknown = (id: string) => new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
export const busy = (id: string) =>
  new AppError(
    'Conflict',
    'campaign.changed',
    `活動「${id}」剛剛被別人改過，什麼都沒有寫入；請看過再做一次。`,
  );

/** Pauses, the open one ended. */
export const closed = ({ pauses }: CampaignRow, at: number) =>
  pauses.map((pause) => (pause.until === undefined ? { ...pause, until: Math.max(at, pause.from) } : pause));

/** Without undefined fields, which the database would keep as null. */
export const plain = (content: Content): Content => JSON.parse(JSON.stringify(content)) as Content;
