import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { beijingDay, dayMs } from '../../kit/beijing';
import { type Clock } from '../../kit/clock';
import { type Call, type Input, Refusal } from './call';

const life = 7200_000;
const overlap = 300_000;

type Token = { value: string; channel: 'token' | 'stable'; expiresAt: number; replaced: boolean };

/**
 * Access tokens of both channels (wechat.md §9), which never invalidate each other. Times are business time.
 * `token`: a new one each call, the one before lives five minutes more. `stable_token`: the same one until five
 * minutes before its end; a forced one ends the old at once.
 */
export function createTokens(clock: Clock) {
  const issued = new Map<string, Token>();
  const current: Partial<Record<Token['channel'], Token>> = {};
  const forced: number[] = [];

  const issue = (channel: Token['channel']): Token => {
    const token = {
      value: `SIM${channel === 'stable' ? '_S_' : '_'}${randomBytes(96).toString('base64url')}`,
      channel,
      expiresAt: clock.now() + life,
      replaced: false,
    };
    issued.set(token.value, token);
    current[channel] = token;
    for (const old of issued.values()) if (old.expiresAt < clock.now() - dayMs) issued.delete(old.value);
    return token;
  };
  const answer = (token: Token) => ({
    access_token: token.value,
    expires_in: Math.max(0, Math.floor((token.expiresAt - clock.now()) / 1000)),
  });

  return {
    fresh() {
      const before = current.token;
      if (before) before.expiresAt = Math.min(before.expiresAt, clock.now() + overlap);
      return answer(issue('token'));
    },
    stable(force: boolean) {
      const now = clock.now();
      const before = current.stable;
      const usable = before && !before.replaced && before.expiresAt - now > overlap;
      if (!force) return answer(usable ? before : issue('stable'));
      const last = forced.at(-1);
      if (last !== undefined && now - last < 30_000)
        throw new Refusal(45011, 'force_refresh at most every 30 seconds');
      if (forced.filter((at) => beijingDay(at) === beijingDay(now)).length >= 20) {
        throw new Refusal(45009, 'reach max force_refresh daily quota limit');
      }
      forced.push(now);
      if (before) before.replaced = true;
      return answer(issue('stable'));
    },
    /** Throws what WeChat answers when the token of a call is no good. */
    check(value: string | undefined) {
      if (!value) throw new Refusal(41001, 'access_token missing');
      const token = issued.get(value);
      if (!token) throw new Refusal(40014, 'invalid access_token');
      if (token.replaced)
        throw new Refusal(40001, 'invalid credential, access_token is invalid or not latest');
      if (token.expiresAt <= clock.now()) throw new Refusal(42001, 'access_token expired');
    },
    /** Makes every token given so far bad, as a reset secret or another server's refresh does. */
    revokeAll() {
      for (const token of issued.values()) token.replaced = true;
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;

export function tokenCalls(platform: {
  tokens: Tokens;
  appSecret: string;
  world: { appId: string };
}): Call[] {
  const { tokens, appSecret, world } = platform;
  const check = (who: { grant_type: string; appid: string; secret: string }) => {
    if (who.grant_type !== 'client_credential') throw new Refusal(40002, 'invalid grant_type');
    if (who.appid !== world.appId) throw new Refusal(40013, 'invalid appid');
    if (who.secret !== appSecret) throw new Refusal(40125, 'invalid appsecret');
  };
  const stableShape = z.object({
    grant_type: z.string(),
    appid: z.string(),
    secret: z.string(),
    force_refresh: z.boolean().default(false),
  });
  return [
    {
      path: '/cgi-bin/token',
      method: 'GET',
      token: false,
      daily: 2000,
      run: ({ query }: Input) => {
        check({
          grant_type: query['grant_type'] ?? '',
          appid: query['appid'] ?? '',
          secret: query['secret'] ?? '',
        });
        return tokens.fresh();
      },
    },
    {
      path: '/cgi-bin/stable_token',
      method: 'POST',
      token: false,
      daily: 500_000,
      run: ({ read }: Input) => {
        const who = read(stableShape, 41002);
        check(who);
        return tokens.stable(who.force_refresh);
      },
    },
  ];
}
