import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';

/** What a link leads to: `ref` is the id of a thing of this kind. */
export type LinkTarget = { kind: string; ref: string };

/**
 * Where a thing is now: the address kept with it, undefined when it is gone or has none. `counted`: the thing whose clicks these are,
 * where the link names more than that.
 */
export type LinkLookups = Record<
  string,
  (ref: string) => Promise<string | { url: string; counted: string } | undefined>
>;

/** Clicks on one target on one Beijing day, `_id` is `<kind>:<ref>:<day>`. */
type ClickRow = { _id: string; kind: string; ref: string; on: string; n: number };

/**
 * Short links that count who followed them. A token is the target's name with a signature: making one writes nothing, and
 * opening one leads only where our own data says, never to an address out of the request.
 */
export function createLinks({
  db,
  clock,
  publicUrl,
  key,
  lookups,
}: {
  db: Connection;
  clock: Clock;
  /** `https://account.example.com`, without a path. */
  publicUrl: string;
  /** Signs the tokens; links out there die when it changes. */
  key: Buffer | string;
  lookups: LinkLookups;
}) {
  const sign = (name: string): Buffer =>
    createHmac('sha256', key).update(`link\n${name}`).digest().subarray(0, 12);

  /** Undefined for anything we did not make. */
  function read(token: string): LinkTarget | undefined {
    const [, encoded, signature] = /^([\w-]{1,200})\.([\w-]{16})$/.exec(token) ?? [];
    if (encoded === undefined || signature === undefined) return undefined;
    const name = Buffer.from(encoded, 'base64url').toString('utf8');
    // Of several spellings of the same bytes only ours is taken.
    if (Buffer.from(name).toString('base64url') !== encoded) return undefined;
    if (!timingSafeEqual(Buffer.from(signature, 'base64url'), sign(name))) return undefined;
    const split = name.indexOf(':');
    return { kind: name.slice(0, split), ref: name.slice(split + 1) };
  }

  return {
    /**
     * The link to a thing whose own address is `url`, to put into a reply.
     * @throws AppError `Invalid` when `url` is not http(s) or the kind is unknown.
     */
    to(url: string, { kind, ref }: LinkTarget): string {
      if (!isWebAddress(url))
        throw new AppError('Invalid', 'link.address', `不是 http(s) 網址：${url.slice(0, 80)}`);
      if (!Object.hasOwn(lookups, kind)) throw new AppError('Invalid', 'link.kind', `沒有這種連結：${kind}`);
      const name = `${kind}:${ref}`;
      return `${publicUrl.replace(/\/$/, '')}/go/${Buffer.from(name).toString('base64url')}.${sign(name).toString('base64url')}`;
    },

    /**
     * Where a token of `/go/<token>` leads; counts the click.
     * @throws AppError `NotFound` for a token that is not ours, or a thing that is gone.
     */
    async open(token: string): Promise<{ url: string }> {
      const target = read(token);
      const lookUp = target && Object.hasOwn(lookups, target.kind) ? lookups[target.kind] : undefined;
      const found = target && (await lookUp?.(target.ref));
      if (!target || !found) throw unknownLink();
      const { url, counted: ref } = typeof found === 'string' ? { url: found, counted: target.ref } : found;
      if (!isWebAddress(url)) throw unknownLink();
      const { kind } = target;
      const on = clock.day();
      await db
        .collection<ClickRow>('linkClicks')
        .updateOne(
          { _id: `${kind}:${ref}:${on}` },
          { $inc: { n: 1 }, $setOnInsert: { kind, ref, on } },
          { upsert: true },
        );
      return { url };
    },

    /** Clicks on one thing on a Beijing day. */
    async clicks({ kind, ref }: LinkTarget, on: string): Promise<number> {
      const row = await db.collection<ClickRow>('linkClicks').findOne({ _id: `${kind}:${ref}:${on}` });
      return row?.n ?? 0;
    },
    /** The same on all days. */
    async clicksEver({ kind, ref }: LinkTarget): Promise<number> {
      const days = db
        .collection<ClickRow>('linkClicks')
        .find({ _id: { $gte: `${kind}:${ref}:`, $lt: `${kind}:${ref};` } });
      return (await days.toArray()).reduce((sum, { n }) => sum + n, 0);
    },
  };
}

export type Links = ReturnType<typeof createLinks>;

/** Of no link of ours, or of a thing that is gone. */
export const unknownLink = (): AppError =>
  new AppError('NotFound', 'link.unknown', '這個連結已失效，請回到對話裡重新查詢。');

function isWebAddress(url: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
