import pino from 'pino';
import { startOfBeijingDay } from '../../src/kit/beijing';
import { createClock } from '../../src/kit/clock';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator';
import { createStubAccount } from '../support/stub-account';

export const secrets = {
  appId: 'wx5e3f1a2b4c6d7e8f',
  appSecret: 'simulated-secret',
  token: 'simulated-token',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};

/** A simulator beside a stub account, both on free ports; business time stands at a Beijing noon. */
export async function createStage(options: Partial<SimulatorOptions> & { plain?: boolean } = {}) {
  const { plain, ...more } = options;
  const settings = plain ? { appId: secrets.appId, token: secrets.token } : secrets;
  const stub = await createStubAccount(settings);
  const clock = createClock(startOfBeijingDay('2026-11-23') + 12 * 3_600_000 - Date.now());
  const sim = createSimulator({
    callbackUrl: stub.url,
    ...secrets,
    ...(plain ? { encodingAesKey: undefined } : {}),
    account: 'gh_simulated01',
    clock,
    log: pino({ level: 'silent' }),
    ...more,
    callbacks: { timeoutMs: 200, gapMs: 0, ...more.callbacks },
  });
  const { url } = await sim.listen(0);

  let token = '';
  const call = async (
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<Record<string, unknown>> => {
    const address = `${url}${path}${path.includes('?') ? '&' : '?'}access_token=${token}`;
    const response = await fetch(address, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const newToken = async () => {
    const answer = await call('POST', '/cgi-bin/stable_token', {
      grant_type: 'client_credential',
      appid: secrets.appId,
      secret: secrets.appSecret,
    });
    token = String(answer['access_token']);
    return token;
  };

  return {
    sim,
    stub,
    clock,
    url,
    /** Calls the fake API with the token of `newToken`. */
    get: (path: string) => call('GET', path),
    post: (path: string, body?: unknown) => call('POST', path, body ?? {}),
    tell: (openid: string, content: string) =>
      call('POST', '/cgi-bin/message/custom/send', { touser: openid, msgtype: 'text', text: { content } }),
    newToken,
    passes: (ms: number) => clock.setOffset(clock.offset() + ms),
    async close() {
      await sim.close();
      await stub.close();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof createStage>>;
