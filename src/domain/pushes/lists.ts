import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { escaped, spellings } from '../../kit/text';
import type { Deliveries, Delivery, DeliveryState } from './deliveries';
import type { PushRow, PushState, RouteName } from './push';

export type PushFilter = {
  /** `finished`: running, and nobody left. */
  state?: PushState | 'finished' | undefined;
  route?: RouteName | undefined;
  /** Some of its name or id. */
  q?: string | undefined;
  /** `changed`: who was touched longest ago first. */
  sort?: 'changed' | '-changed' | undefined;
  cursor?: string | undefined;
};
export type DeliveryFilter = {
  state?: DeliveryState | undefined;
  reason?: string | undefined;
  route?: RouteName | undefined;
  variant?: string | undefined;
  clicked?: boolean | undefined;
  cursor?: string | undefined;
};

const pageSize = 50;
/** A page of a list may look so long; of a million rows with three that fit it would take seconds. */
const mostMs = 2_000;

/** Pushes, and who is in one, page by page. */
export function createPushLists({ db, deliveries }: { db: Connection; deliveries: Deliveries }) {
  const rows = db.collection<PushRow>('pushes');
  const ours = { sequence: { $exists: false } };
  const openOnes = (): Promise<string[]> => deliveries.chunks.distinct('push', { open: true });

  return {
    /** Newest first. `open`: those of which something is still to be sent. */
    async page(asked: PushFilter): Promise<{ rows: PushRow[]; open: Set<string>; next?: string }> {
      const { state, route, q, cursor, sort = '-changed' } = asked;
      const open = await openOnes();
      const up = sort === 'changed';
      const [at, after = ''] = /^(\d+)~(.+)$/.exec(cursor ?? '')?.slice(1) ?? [];
      const beyond = up ? '$gt' : '$lt';
      const moment = at === undefined ? undefined : new Date(Number(at));
      const found = await rows
        .find(
          {
            ...ours,
            ...(state === undefined
              ? {}
              : state === 'finished'
                ? { state: 'running' as const, _id: { $nin: open } }
                : state === 'running'
                  ? { state, _id: { $in: open } }
                  : { state }),
            ...(route === undefined ? {} : { routes: route }),
            $and: [
              ...(q === undefined ? [] : [{ $or: [{ name: partly(q) }, { _id: partly(q) }] }]),
              ...(moment === undefined
                ? [{}]
                : [
                    {
                      $or: [
                        { changedAt: { [beyond]: moment } },
                        { changedAt: moment, _id: { [beyond]: after } },
                      ],
                    },
                  ]),
            ],
          },
          {
            sort: { changedAt: up ? 1 : -1, _id: up ? 1 : -1 },
            limit: pageSize + 1,
            projection: { log: 0 },
          },
        )
        .toArray();
      const last = found.length > pageSize ? found[pageSize - 1] : undefined;
      return {
        rows: found.slice(0, pageSize),
        open: new Set(open),
        ...(last ? { next: `${last.changedAt.getTime()}~${last._id}` } : {}),
      };
    },
    /** Mass messages that are set for a time, or wait for a second person. */
    massPlanned: (): Promise<PushRow[]> =>
      rows
        .find(
          { state: { $in: ['scheduled', 'waiting'] }, routes: 'mass' },
          { projection: { log: 0 }, limit: 200 },
        )
        .toArray(),
    /** What these are called. */
    async named(ids: string[]): Promise<Map<string, string>> {
      const some = await rows.find({ _id: { $in: ids } }, { projection: { name: 1 } }).toArray();
      return new Map(some.map(({ _id, name }) => [_id, name]));
    },
    /** What became of it for people of it, in the order of their pids. */
    async people(
      push: string,
      { state, reason, route, variant, clicked, cursor }: DeliveryFilter,
    ): Promise<{ rows: Delivery[]; next?: string }> {
      const filter = {
        ...(reason === undefined ? {} : { push, missed: true as const, reason }),
        _id: { $gt: `${push}/${cursor ?? ''}`, $lt: `${push}0` },
        ...(state === undefined ? {} : { state }),
        ...(route === undefined ? {} : { route }),
        ...(variant === undefined ? {} : variant === '' ? { variant: { $exists: false } } : { variant }),
        ...(clicked === undefined ? {} : { clickedAt: { $exists: clicked } }),
      };
      const found = await deliveries.rows
        .find(filter, { sort: { _id: 1 }, limit: pageSize + 1, maxTimeMS: mostMs })
        .toArray()
        .catch((error: unknown) => {
          throw (error as { code?: number }).code === 50
            ? new AppError(
                'TooMany',
                'push.list',
                '這樣篩的人太少，要翻的太多，兩秒沒有找完。先選一個原因再看。',
              )
            : error;
        });
      return {
        rows: found.slice(0, pageSize),
        ...(found.length > pageSize ? { next: found[pageSize - 1]?.pid ?? '' } : {}),
      };
    },
    /** Whose turn has not come, piece by piece. */
    async waiting(push: PushRow, cursor: string | undefined): Promise<{ pids: string[]; next?: string }> {
      const [from = 0, offset = 0] = (cursor ?? '').split('.').map(Number);
      const pieces = deliveries.chunks.find(
        { push: push._id, run: push.frozen?.run ?? '', open: true, n: { $gte: from } },
        { sort: { n: 1 } },
      );
      const pids: string[] = [];
      for await (const { n, ids } of pieces) {
        const skip = n === from ? offset : 0;
        const ended = new Set(
          (await deliveries.of(push._id, ids))
            .filter((row) => row.state !== 'pending' && row.state !== 'sending')
            .map(({ pid }) => pid),
        );
        for (const [i, pid] of ids.entries()) {
          if (i < skip || ended.has(pid)) continue;
          if (pids.length === pageSize) return { pids, next: `${n}.${i}` };
          pids.push(pid);
        }
      }
      return { pids };
    },
  };
}

const partly = (q: string) => ({ $regex: spellings(q).map(escaped).join('|'), $options: 'i' });
