import { bePatient } from '../../src/store/patience';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { signatureOf } from '../../src/wechat/protocol/signature';
import { createFaultProxy, placeOf, throughPort } from '../support/fault-proxy';
import { answersOf, createRig, type Rig } from '../support/rig';

let rig: Rig;
afterEach(async () => {
  bePatient(10);
  await rig.close();
});

/** Delivers in waves, each fan once a wave, and gives what every delivery was answered. */
async function deliverAll(words: string, count: number, wave = 50): Promise<string[][]> {
  const openids = Array.from({ length: wave }, rig.openid);
  const answers: string[][] = [];
  for (let from = 0; from < count; from += wave) {
    const some = openids.map(async (openid, i) =>
      answersOf(await rig.deliver(rig.text(openid, `做 ${words}${from + i}`), openid)),
    );
    answers.push(...(await Promise.all(some)));
  }
  return answers;
}
const effects = (words: string) => rig.count('enquiries', { words: new RegExp(`^${words}\\d+$`) });

test('C2: with a web process killed again and again, what got any 200 has its effect once, what got none at most once', async () => {
  rig = await createRig({ webs: 2, callbacks: { gapMs: 300 } });
  const running = deliverAll('輪', 200, 40);
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    const [slot] = rig.slots;
    if (!slot) throw new Error('there is no slot');
    const { member } = slot;
    rig.kill(member);
    await rig.replace(member);
    await rig.mourn(member);
  }
  const answers = await running;
  await rig.drain();
  const rows = await rig.rows<{ words: string }>('enquiries', {});
  expect(new Set(rows.map((row) => row.words)).size).toBe(rows.length);
  const done = new Set(rows.map((row) => row.words));
  const answered = answers.flatMap((copies, i) =>
    copies.some((one) => one.startsWith('做好')) ? [`輪${i}`] : [],
  );
  expect(answered.filter((words) => !done.has(words))).toEqual([]);
  expect(await rig.count('inbox', { open: true })).toBe(0);
});

test('C4: answers of the database that are lost after the write double nothing and lose nothing', async () => {
  rig = await createRig({ callbacks: { gapMs: 300 } });
  const [member] = rig.members;
  member?.mongo.loseAnswers(['insert', 'update'], 10);
  await deliverAll('失', 100, 25);
  expect(member?.mongo.lost()).toBeGreaterThan(0);
  member?.mongo.restore();
  await rig.drain();
  expect(await effects('失')).toBe(100);
  expect(await rig.count('enquiries', {})).toBe(100);
});

test('C6: without Redis callbacks are kept, answered and counted, and what waits goes out all the same', async () => {
  const redis = process.env['TEST_REDIS_URL'] ?? '';
  const proxy = await createFaultProxy(placeOf(redis));
  rig = await createRig({ redisUrl: throughPort(redis, proxy.port) });
  proxy.cut();
  const answers = await deliverAll('無', 100, 50);
  expect(answers.flat().every((one) => one.startsWith('做好'))).toBe(true);
  const lin = await rig.follower('林');
  await lin.says('多說 話');
  await rig.drain();
  expect(rig.sentTo(lin.openid)).toEqual(['話 二', '話 三']);
  expect(await effects('無')).toBe(100);
  await proxy.close();
});

test('A1: ten thousand forged callbacks cost no write to the database', async () => {
  rig = await createRig();
  const { app } = rig;
  const {
    WECHAT_APP_ID: appId = '',
    WECHAT_TOKEN: token = '',
    WECHAT_ENCODING_AES_KEY: key = '',
  } = rig.config;
  const sealed = createEnvelope({ appId, encodingAesKey: key }).seal('<xml><A>1</A></xml>');
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const old = String(Math.floor(Date.now() / 1_000) - 3_600);
  const good = signatureOf(token, timestamp, 'n', sealed);
  const body = (text: string) => `<xml><ToUserName>gh</ToUserName><Encrypt>${text}</Encrypt></xml>`;
  const query = (time: string, signature: string) =>
    `timestamp=${time}&nonce=n&encrypt_type=aes&signature=${signatureOf(token, time, 'n')}&msg_signature=${signature}`;
  const forged: [string, string][] = [
    [query(timestamp, 'f'.repeat(40)), body(sealed)],
    [`timestamp=${timestamp}&nonce=n&encrypt_type=aes`, body(sealed)],
    [query(old, signatureOf(token, old, 'n', sealed)), body(sealed)],
    [query(timestamp, good), body(`${sealed.slice(0, -4)}AAA=`)],
    [`${query(timestamp, good)}&msg_signature=${good}`, body(sealed)],
  ];
  const asked = rig.members[0]?.mongo.countCommands() ?? new Map<string, number>();
  const inboxBefore = await rig.count('inbox');
  const subscribersBefore = await rig.count('subscribers');
  let statuses = 0;
  for (let round = 0; round < 100; round++) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => {
        const [asked, text] = forged[i % forged.length] as [string, string];
        return fetch(`http://127.0.0.1:${rig.slots[0]?.member.port}/wechat?${asked}`, {
          method: 'POST',
          body: text,
        });
      }),
    );
    for (const answer of answers) {
      await answer.arrayBuffer();
      if (answer.status === 403) statuses++;
    }
  }
  expect(statuses).toBe(10_000);
  expect(await rig.count('inbox')).toBe(inboxBefore);
  expect(await rig.count('subscribers')).toBe(subscribersBefore);
  expect(app.answering.inFlight()).toBe(0);
  // Heartbeats, polls and connections go on; nothing else was asked of the database, not even a read.
  const ours =
    /^(hello|ismaster|ping|saslStart|endSessions|find (versions|settings|clock)|(find|update) processes)/;
  expect([...asked.keys()].filter((name) => !ours.test(name))).toEqual([]);
});

test('A8: a flood of one fan has bounded effects and rows, and the others are answered', async () => {
  rig = await createRig();
  const flooder = rig.openid();
  const flood = Promise.all(
    Array.from({ length: 600 }, async (_, i) => rig.deliver(rig.text(flooder, `做 洪${i}`), flooder)),
  );
  const others = await deliverAll('旁', 60, 20);
  await flood;
  expect(others.flat().filter((one) => one.startsWith('做好'))).toHaveLength(60);
  expect(await effects('洪')).toBeLessThan(100);
  const fan = rig.app.services.subscribers.fanOf(flooder);
  const rows = await rig.count('inbox', { fan });
  expect(rows).toBeGreaterThanOrEqual(20);
  expect(rows).toBeLessThan(450);
});

test('D4: with the database in a black hole the answer is a failure before WeChat hangs up, never a false success', async () => {
  bePatient(1);
  rig = await createRig({ callbacks: { copies: 1 } });
  const [member] = rig.members;
  member?.mongo.blackHole();
  const openid = rig.openid();
  const delivered = await rig.deliver(rig.text(openid, '做 洞'), openid);
  expect(delivered.wire.deliveries.map((one) => one.status)).toEqual([503]);
  member?.mongo.restore();
  const again = rig.openid();
  const message = rig.text(again, '做 好了');
  for (let tries = 0; (await rig.count('enquiries', { words: '好了' })) === 0; tries++) {
    if (tries > 20) throw new Error('it did not recover');
    await rig.deliver(message, again);
  }
  await rig.drain();
  expect(await rig.count('enquiries', { words: '好了' })).toBe(1);
});

test('D9: told to stop under load, it cuts no callback off', async () => {
  rig = await createRig({ callbacks: { copies: 1 } });
  const [member] = rig.members;
  const openids = Array.from({ length: 60 }, rig.openid);
  const running = openids.map(async (openid, i) => rig.deliver(rig.text(openid, `做 停${i}`), openid));
  await new Promise((resolve) => setImmediate(resolve));
  const closing = member?.close();
  const delivered = await Promise.all(running);
  await closing;
  const answered = delivered.filter((one) => answersOf(one).some((words) => words.startsWith('做好')));
  // Who was not let in any more was refused at the door; who was, has its answer and its effect.
  const refused = delivered.filter((one) => one.wire.deliveries.every(({ status }) => status === undefined));
  expect(answered.length + refused.length).toBe(60);
  expect(await effects('停')).toBe(answered.length);
  if (member) member.dead = true;
});
