import { setTimeout as wait } from 'node:timers/promises';
import { dayMs } from '../../kit/beijing';
import { monotonicMs } from '../../kit/clock';

/** What `stable_token` answered. */
export type TokenAnswer = { token: string; expiresInS: number };

/** A token, and for how many ms from now on it is to be used. */
export type KeptToken = { token: string; freshMs: number };

/**
 * Where all processes of an account keep one token (`store/shared-token.ts`). Every call may fail; then a process asks
 * WeChat by itself.
 */
export type SharedToken = {
  /** Undefined: there is none, or it has had its time. */
  read(): Promise<KeptToken | undefined>;
  /** True: we ask WeChat, and nobody else for a while. Only while there is no token to read. */
  lease(): Promise<boolean>;
  /** Keeps the token and gives the lease back; without one only the latter. */
  write(kept?: KeptToken): Promise<void>;
  /** Nobody reads this token any more; another one stays. */
  forget(token: string): Promise<void>;
};

/** Refreshed this long before its end, because WeChat itself changes a stable token about 5 minutes early. */
const marginMs = 5 * 60_000;
/** WeChat's limits for `force_refresh`: 30 s apart, 20 a day. It makes the token of every other process invalid. */
const forceGapMs = 30_000;
const forcePerDay = 20;
/** How long we wait for the token that another process asks for. */
const patienceMs = 5_000;
const lookEveryMs = 50;

/**
 * One account's access token. `fetch(byForce)` asks WeChat; `now` is monotonic, in ms. A call reads the copy in memory and
 * nothing else. Only `stable_token` is ever used: fetched without force it gives every process the same token, so that
 * `shared` saves calls, and nothing is wrong where it is absent or out of order. Its tokens and those of
 * `/cgi-bin/token` know nothing of each other; they must never be mixed.
 */
export function createToken(needs: {
  fetch: (byForce: boolean) => Promise<TokenAnswer>;
  shared?: SharedToken | undefined;
  /** Told when the shared place does not answer. */
  onSharedFailure?: (error: unknown) => void;
  now?: () => number;
}) {
  const { shared, onSharedFailure = () => {} } = needs;
  const now = needs.now ?? monotonicMs;
  let held: { token: string; freshUntil: number } | undefined;
  let underway: { refused: string | undefined; token: Promise<string> } | undefined;
  let forced: number[] = [];

  const fresh = (): string | undefined => (held && now() < held.freshUntil ? held.token : undefined);

  /** One at a time in this process. */
  function refresh(refused?: string): Promise<string> {
    const token = obtain(refused)
      .then(({ token: got, freshUntil }) => {
        held = { token: got, freshUntil };
        return got;
      })
      .finally(() => {
        underway = undefined;
      });
    underway = { refused, token };
    return token;
  }

  async function obtain(refused: string | undefined): Promise<{ token: string; freshUntil: number }> {
    const found = shared ? await look(shared, refused) : 'ours';
    if (typeof found === 'object') return { token: found.token, freshUntil: now() + found.freshMs };
    try {
      const got = await ask(refused, found === 'ours');
      if (found === 'ours') await tell({ token: got.token, freshMs: got.freshUntil - now() });
      return got;
    } catch (thrown) {
      if (found === 'ours') await tell();
      throw thrown;
    }
  }

  /** The token of another process; or it is ours to ask WeChat, or each for himself. */
  async function look(
    place: SharedToken,
    refused: string | undefined,
  ): Promise<KeptToken | 'ours' | 'alone'> {
    try {
      for (const giveUpAt = now() + patienceMs; ; await wait(lookEveryMs)) {
        const kept = await place.read();
        if (kept && kept.token !== refused) return kept;
        if (kept) await place.forget(kept.token);
        if (await place.lease()) return 'ours';
        if (now() >= giveUpAt) return 'alone';
      }
    } catch (error) {
      onSharedFailure(error);
      return 'alone';
    }
  }

  /** Keeps what we got for the others. They find out by themselves if that fails. */
  const tell = async (kept?: KeptToken): Promise<void> => shared?.write(kept).catch(onSharedFailure);

  /** Asks WeChat: by force only when it gives again what it refuses, and never behind another's back. */
  async function ask(refused: string | undefined, mayForce: boolean) {
    const askedAt = now();
    let answer = await needs.fetch(false);
    if (answer.token === refused && mayForce && roomForForce()) answer = await needs.fetch(true);
    const lifeMs = answer.expiresInS * 1_000;
    // A token in its last minutes is used for half of what is left, so that we do not ask at every call.
    const freshMs = Math.max(lifeMs - marginMs, Math.min(lifeMs / 2, 60_000));
    return { token: answer.token, freshUntil: askedAt + freshMs };
  }

  function roomForForce(): boolean {
    forced = forced.filter((at) => now() - at < dayMs);
    const last = forced.at(-1);
    if (forced.length >= forcePerDay || (last !== undefined && now() - last < forceGapMs)) return false;
    forced.push(now());
    return true;
  }

  async function renew(refused: string): Promise<string | undefined> {
    if (underway && underway.refused !== refused) {
      await underway.token.catch(() => undefined);
      return renew(refused);
    }
    if (held?.token === refused) held = undefined;
    const token = fresh() ?? (await (underway?.token ?? refresh(refused)));
    return token === refused ? undefined : token;
  }

  return {
    /** The token to use now. Any number of callers at once cause one request. */
    get: async (): Promise<string> => fresh() ?? underway?.token ?? refresh(),
    /**
     * Another one, because WeChat refused this; by force when it only gives the same. Undefined when the limits leave no
     * room for that.
     */
    renew,
  };
}

export type Token = ReturnType<typeof createToken>;
