import type { Connection } from 'mongoose';
import { dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { Conversation } from './conversation';

export const shows = ['waiting', 'open', 'mine', 'closed', 'all'] as const;
export type Show = (typeof shows)[number];
export const ways = ['answered', 'good', 'bad'] as const;
/** How it went. */
export type Way = (typeof ways)[number];
/** In place of an id: nobody took it up. */
export const nobody = 'nobody';
/** Which conversations. Nothing said of `show`: who waits and who is open. `from`, `to`: Beijing days, both included. */
export type QueueFilter = {
  show?: Show | undefined;
  agent?: string | undefined;
  way?: Way | undefined;
  from?: string | undefined;
  to?: string | undefined;
  pid?: string | undefined;
};
/** What one of us did in a while; without `agent`: what nobody took up. `firstMs`: until the first answer, on average. */
export type Counts = {
  agent: string | undefined;
  all: number;
  closed: number;
  answered: number;
  firstMs: number | undefined;
  good: number;
  bad: number;
};

/** The line: who waits first, the longest waiting at the top; what is closed, the newest first. */
export function createQueue({ db }: { db: Connection }) {
  const rows = db.collection<Conversation>('conversations');

  const matchOf = ({ show, agent, way, from, to, pid }: QueueFilter, me: string) => ({
    ...(pid === undefined ? {} : { pid }),
    ...(show === undefined
      ? { state: { $in: ['open', 'waiting'] as Conversation['state'][] } }
      : show === 'mine'
        ? { state: 'open' as const, agent: me }
        : show === 'all'
          ? {}
          : { state: show }),
    ...(agent === undefined || show === 'mine'
      ? {}
      : { agent: agent === nobody ? { $exists: false } : agent }),
    ...(way === undefined ? {} : way === 'answered' ? { answeredAt: { $exists: true } } : { rating: way }),
    ...(from === undefined && to === undefined
      ? {}
      : {
          at: {
            ...(from === undefined ? {} : { $gte: new Date(startOfBeijingDay(from)) }),
            ...(to === undefined ? {} : { $lt: new Date(startOfBeijingDay(to) + dayMs) }),
          },
        }),
  });
  const isOfNow = ({ show, pid }: QueueFilter) => pid === undefined && show !== 'closed' && show !== 'all';

  return {
    /** One page, and where it goes on. `me`: an id of the team. */
    async list(
      filter: QueueFilter & { cursor?: string | undefined; me: string; limit?: number },
    ): Promise<{ rows: Conversation[]; next: string | undefined }> {
      const { cursor, me, limit = 30, ...asked } = filter;
      const ofNow = isOfNow(asked);
      const found = await rows
        .find(
          cursor === undefined ? matchOf(asked, me) : { $and: [matchOf(asked, me), behind(cursor, ofNow)] },
          {
            sort: ofNow ? { state: -1, at: 1, _id: 1 } : { at: -1, _id: -1 },
            limit: limit + 1,
          },
        )
        .toArray();
      const last = found[limit - 1];
      return {
        rows: found.slice(0, limit),
        next: found.length > limit && last ? `${last.state}~${last.at.getTime()}~${last._id}` : undefined,
      };
    },
    /** All of them, the newest first. */
    each: (filter: QueueFilter, me: string): AsyncIterable<Conversation> =>
      rows.find(matchOf(filter, me), { sort: { at: -1, _id: -1 } }),
    /** How many wait, are open, are this person's. */
    async now(me: string): Promise<{ waiting: number; open: number; mine: number }> {
      const [waiting, open, mine] = await Promise.all([
        rows.countDocuments({ state: 'waiting' }, { limit: 1_000 }),
        rows.countDocuments({ state: 'open' }, { limit: 1_000 }),
        rows.countDocuments({ agent: me, state: 'open' }, { limit: 1_000 }),
      ]);
      return { waiting, open, mine };
    },
    /** By who had them, of conversations that began from a Beijing day on. */
    async counts(from: string): Promise<Counts[]> {
      const one = (condition: object) => ({ $sum: { $cond: [condition, 1, 0] } });
      const asked = { $and: [{ $ne: ['$why', 'agent'] }, { $gt: ['$answeredAt', null] }] };
      const found = await rows
        .aggregate<Omit<Counts, 'agent' | 'firstMs'> & { _id: string | null; firstMs: number | null }>([
          { $match: { at: { $gte: new Date(startOfBeijingDay(from)) } } },
          {
            $group: {
              _id: { $ifNull: ['$agent', null] },
              all: { $sum: 1 },
              closed: one({ $eq: ['$state', 'closed'] }),
              answered: one({ $gt: ['$answeredAt', null] }),
              firstMs: { $avg: { $cond: [asked, { $subtract: ['$answeredAt', '$at'] }, null] } },
              good: one({ $eq: ['$rating', 'good'] }),
              bad: one({ $eq: ['$rating', 'bad'] }),
            },
          },
          { $sort: { all: -1 } },
        ])
        .toArray();
      return found.map(({ _id, firstMs, ...rest }) => ({
        agent: _id ?? undefined,
        firstMs: firstMs ?? undefined,
        ...rest,
      }));
    },
  };
}

/** What stands behind a cursor. */
function behind(cursor: string, ofNow: boolean): object {
  const [state = '', ms = '', ...rest] = cursor.split('~');
  const at = new Date(Number(ms) || 0);
  const _id = rest.join('~');
  return ofNow
    ? {
        $or: [{ state: { $lt: state } }, { state, at: { $gt: at } }, { state, at, _id: { $gt: _id } }],
      }
    : { $or: [{ at: { $lt: at } }, { at, _id: { $lt: _id } }] };
}
