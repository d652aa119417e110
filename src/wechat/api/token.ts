import { dayMs } from '../../kit/beijing';
import { monotonicMs } from '../../kit/clock';
/** What `stable_token` answered. */
export type TokenAnswer = { token: string; expiresInS: number };

/** Refreshed this long before its end, because WeChat itself changes a stable token about 5 minutes early. */
const marginMs = 5 * 60_000;
/** WeChat's limits for `force_refresh`: 30 s apart, 20 a day. It makes the token of every other process invalid. */
const forceGapMs = 30_000;
const forcePerDay = 20;

/**
 * One account's access token, in memory only. `fetch(byForce)` asks WeChat; `now` is monotonic, in ms.
 * Only `stable_token` is ever used: fetched without force it gives every process the same token, so processes need not
 * agree on one. Its tokens and those of `/cgi-bin/token` know nothing of each other; they must never be mixed.
 */
export function createToken(needs: {
  fetch: (byForce: boolean) => Promise<TokenAnswer>;
  now?: () => number;
}) {
  const now = needs.now ?? monotonicMs;
  let held: { token: string; freshUntil: number } | undefined;
  let underway: Promise<string> | undefined;
  let forced: number[] = [];

  function refresh(byForce: boolean): Promise<string> {
    if (underway) return underway;
    const askedAt = now();
    const flight = needs.fetch(byForce).then(({ token, expiresInS }) => {
      const lifeMs = expiresInS * 1000;
      // A token in its last minutes is used for half of what is left, so that we do not ask at every call.
      held = { token, freshUntil: askedAt + Math.max(lifeMs - marginMs, Math.min(lifeMs / 2, 60_000)) };
      return token;
    });
    underway = flight.finally(() => {
      underway = undefined;
    });
    return underway;
  }

  /**
   * A new token by force, because WeChat refused `token` although it had just handed it out. Undefined when the
   * limits leave no room; the one somebody else got meanwhile when there is one.
   */
  async function force(token: string): Promise<string | undefined> {
    if (underway) {
      await underway.catch(() => undefined);
      return force(token);
    }
    if (held && held.token !== token) return held.token;
    forced = forced.filter((at) => now() - at < dayMs);
    const last = forced.at(-1);
    if (forced.length >= forcePerDay || (last !== undefined && now() - last < forceGapMs)) return undefined;
    forced.push(now());
    return refresh(true);
  }

  return {
    /** The token to use now. Any number of callers at once cause one request. */
    async get(): Promise<string> {
      return held && now() < held.freshUntil ? held.token : refresh(false);
    },

    /** WeChat refused `token`: forget it, unless somebody has replaced it already. */
    drop(token: string): void {
      if (held?.token === token) held = undefined;
    },

    force,
  };
}

export type Token = ReturnType<typeof createToken>;
