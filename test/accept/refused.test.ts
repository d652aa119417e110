import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { createLog } from '../../src/kit/log';
import { simulatedAccount } from '../../src/simulator/account';
import { writeXml } from '../../src/simulator/xml';
import { bePatient } from '../../src/store/patience';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { signatureOf } from '../../src/wechat/protocol/signature';
import { answersOf, createRig, type Rig } from '../support/rig';

const logged: string[] = [];
const to = new Writable({
  write(chunk, _, done) {
    logged.push(String(chunk));
    done();
  },
});

let rig: Rig;
beforeAll(async () => {
  rig = await createRig({ log: createLog({ level: 'trace', name: 'rig', to }) });
});
afterAll(() => rig.close());

const envelope = createEnvelope(simulatedAccount);
const { token } = simulatedAccount;
const now = () => String(Math.floor(Date.now() / 1_000));
const address = (query: Record<string, string>) => {
  const url = new URL(`http://127.0.0.1:${rig.slots[0]?.member.port}/wechat`);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  return url;
};
const post = async (url: URL, body: string) => {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/xml' } });
  return { status: response.status, body: await response.text() };
};
/** A request as WeChat would send it, before it is spoiled. */
const whole = (words = '做 偽造') => {
  const openid = rig.openid();
  const { url, body } = rig.sim.callbacks.prepare(rig.text(openid, words), openid);
  return { query: Object.fromEntries(new URL(url).searchParams), body };
};

const forgeries: Record<string, () => { query: Record<string, string>; body: string }> = {
  'no signature': () => {
    const { query, body } = whole();
    delete query['msg_signature'];
    delete query['signature'];
    return { query, body };
  },
  'a wrong signature': () => {
    const { query, body } = whole();
    return { query: { ...query, msg_signature: randomBytes(20).toString('hex') }, body };
  },
  'an old but right signature': () => {
    const { body } = whole();
    const sealed = envelope.seal(writeXml(rig.text(rig.openid(), '做 偽造')));
    const timestamp = String(Number(now()) - 3_600);
    const nonce = '1';
    return {
      query: {
        timestamp,
        nonce,
        encrypt_type: 'aes',
        msg_signature: signatureOf(token, timestamp, nonce, sealed),
      },
      body: body.replace(/<Encrypt>.*<\/Encrypt>/s, `<Encrypt><![CDATA[${sealed}]]></Encrypt>`),
    };
  },
  'the signature of another body': () => ({ query: whole().query, body: whole().body }),
  'a plain body, signed as plain mode would': () => {
    const timestamp = now();
    return {
      query: { timestamp, nonce: '2', signature: signatureOf(token, timestamp, '2') },
      body: writeXml(rig.text(rig.openid(), '做 偽造')),
    };
  },
};

test('a refusal says no more than its code: no stack, no reason that helps a forger', async () => {
  for (const [name, forge] of Object.entries(forgeries)) {
    const { query, body } = forge();
    const answer = await post(address(query), body);
    expect([name, answer.status, /^[a-z]+\.[a-z-]{3,30}$/.test(answer.body)]).toEqual([name, 403, true]);
  }
});

test('W9: secrets and what was sent show up in no answer, log, Redis key or document, whatever goes wrong', async () => {
  const openid = `oCanary${randomBytes(8).toString('hex')}`;
  const canaries = {
    token,
    key: simulatedAccount.encodingAesKey,
    secret: simulatedAccount.appSecret,
    dataKey: rig.config.dataKey,
    words: 'CanaryWordsInAForgery',
    openid,
  };
  const answers: string[] = [];
  const send = async (query: Record<string, string>, body: string) => {
    answers.push((await post(address(query), body)).body);
  };
  const sealedAs = async (plain: string) => {
    const sealed = envelope.seal(plain);
    const timestamp = now();
    const query = {
      timestamp,
      nonce: '3',
      encrypt_type: 'aes',
      openid,
      msg_signature: signatureOf(token, timestamp, '3', sealed),
    };
    await send(query, `<xml><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`);
  };
  for (const forge of Object.values(forgeries)) {
    const { query, body } = forge();
    await send({ ...query, openid }, body.replace('</xml>', `<X>${canaries.words}</X></xml>`));
  }
  await sealedAs(`<xml><FromUserName>${openid}</FromUserName><Content>${canaries.words}</Content></xml>`);
  await sealedAs(`<!DOCTYPE x [<!ENTITY a "${canaries.words}">]><xml>${openid}</xml>`);
  await sealedAs(`{"FromUserName":"${openid}","Content":"${canaries.words}`);
  await sealedAs(`<xml><a>${openid}${canaries.words}</xml>`);
  await send({ echostr: canaries.words, signature: token, timestamp: now(), nonce: '4' }, 'x'.repeat(70_000));
  // A handler that fails, and a database that does.
  const fails = rig.text(openid, '壞了');
  answers.push(...answersOf(await rig.deliver(fails, openid)));
  bePatient(1); // it is refused before she leaves
  rig.slots[0]?.member.mongo.cut();
  const { url, body } = rig.sim.callbacks.prepare(rig.text(openid, `做 ${canaries.words}`), openid);
  answers.push((await post(address(Object.fromEntries(new URL(url).searchParams)), body)).body);
  rig.slots[0]?.member.mongo.restore();
  await rig.deliver(rig.event(openid, 'unsubscribe', { EventKey: '' }), openid);
  await rig.drain();

  const stored: string[] = [];
  for (const collection of (await rig.db.db?.collections()) ?? [])
    stored.push(JSON.stringify(await collection.find().toArray()));
  const redis = new Redis(rig.database.redisUrl);
  const keys = await redis.keys('*');
  redis.disconnect();
  const everywhere = {
    answers: answers.join('\n'),
    logs: logged.join(''),
    stored: stored.join(''),
    keys: keys.join(),
  };
  const leaks = Object.entries(everywhere).flatMap(([place, text]) =>
    Object.entries(canaries)
      .filter(([, canary]) => text.includes(canary))
      .map(([name]) => `${name} in ${place}`),
  );
  expect(leaks).toEqual([]);
  expect(logged.join('')).toContain('a handler failed');
});
