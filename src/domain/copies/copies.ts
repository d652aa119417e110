import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors';
import { dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Hers } from '../upkeep';

/** A link to her own copy leads so long. */
const linkMs = dayMs;

/**
 * Her own copy of all that we keep of her, behind a link that only she was given: the token holds her name among the domains and
 * until when, signed. Nothing is written for it.
 */
export function createCopies(given: {
  clock: Clock;
  key: string;
  publicUrl: string;
  fanByPid: (pid: string) => Promise<{ fan: string } | undefined>;
  copy: (her: Hers) => Promise<Record<string, readonly object[]>>;
}) {
  const { clock, key, publicUrl, fanByPid, copy } = given;
  const sign = (name: string): Buffer =>
    createHmac('sha256', key).update(`copy\n${name}`).digest().subarray(0, 18);

  return {
    /** Leads for a day, and as long as she follows. */
    linkFor(pid: string): string {
      const name = `${pid}.${(clock.now() + linkMs).toString(36)}`;
      return `${publicUrl.replace(/\/$/, '')}/my-data/${name}.${sign(name).toString('base64url')}`;
    },

    /** @throws AppError NotFound for a link that is not ours, is over, or whose owner left */
    async open(token: string): Promise<Record<string, readonly object[]>> {
      const [, pid = '', until = '', signature = ''] =
        /^([\w-]{1,40})\.([0-9a-z]{1,12})\.([\w-]{24})$/.exec(token) ?? [];
      const theirs = Buffer.from(signature, 'base64url');
      const ours = sign(`${pid}.${until}`);
      const isOurs = theirs.length === ours.length && timingSafeEqual(theirs, ours);
      const her = isOurs && clock.now() <= Number.parseInt(until, 36) ? await fanByPid(pid) : undefined;
      if (!her) throw unknownCopy();
      return copy({ fan: her.fan, pid });
    },
  };
}

export type Copies = ReturnType<typeof createCopies>;

export const unknownCopy = () =>
  new AppError('NotFound', 'copy.unknown', '這個連結已經失效。再回覆一次「我的資料」，就有新的。', {
    for: 'fan',
  });
