import { Writable } from 'node:stream';
import type { Connection } from 'mongoose';
import { createAlarms } from '../../../src/domain/alarms/alarms';
import { createMailVoice, createWecomVoice, type Voice } from '../../../src/domain/alarms/voices';
import type { MailMessage } from '../../../src/domain/mails/sender';
import { beijingDay, momentAt } from '../../../src/kit/beijing';
import { createLog } from '../../../src/kit/log';
import { createMailRender } from '../../../src/render/mails';
import { testDatabase } from '../../support/database';
import { createLoopback, json } from '../../support/loopback';

const key = 'c0ffee-robot-key';
const database = testDatabase();
let db: Connection;
let robot: Awaited<ReturnType<typeof createLoopback>>;
let now = momentAt('2026-11-22T10:00');
const clock = { now: () => now, day: (moment = now) => beijingDay(moment) };
const lines: string[] = [];
const to = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
const log = createLog({ level: 'info', name: 'alarms', to });

const alarmsWith = (voices: Record<string, Voice>) => createAlarms({ db, clock, log, voices });
const wecom = (timeoutMs = 10_000) => createWecomVoice({ url: `${robot.url}/send?key=${key}`, timeoutMs });
/** As a worker does every few seconds, and until all of it has ended. */
async function sweep({ upkeep }: ReturnType<typeof createAlarms>): Promise<void> {
  await upkeep.sweep();
  await upkeep.work.close();
}
const minute = 60_000;
const pushStopped = { cause: 'push:autumn', text: '推送「秋天」停下了：短信被拒絕' };

beforeAll(async () => {
  db = await database.connect();
});
beforeEach(async () => {
  await database.clear();
  lines.length = 0;
  robot = await createLoopback((_asked, response) => json(response, { errcode: 0, errmsg: 'ok' }));
});
afterEach(() => robot.close());
afterAll(() => database.drop());

test('a cause is told once to the group, until it is over and comes again', async () => {
  const alarms = alarmsWith({ wecom: wecom() });
  await alarms.raise(pushStopped);
  expect(robot.asked).toEqual([]);
  await sweep(alarms);
  expect(robot.asked).toMatchObject([{ method: 'POST', path: '/send', query: { key } }]);
  expect(JSON.parse(robot.asked[0]?.body ?? '')).toEqual({
    msgtype: 'text',
    text: { content: '小藝警報（2026-11-22 10:00）\n推送「秋天」停下了：短信被拒絕' },
  });
  await alarms.raise(pushStopped);
  now += 24 * 60 * minute;
  await sweep(alarms);
  expect(robot.asked).toHaveLength(1);
  expect(await alarms.open()).toEqual([{ ...pushStopped, at: expect.any(Date), told: expect.any(Date) }]);

  await alarms.over(pushStopped.cause);
  await alarms.over('nobody knows it');
  expect(await alarms.open()).toEqual([]);
  await sweep(alarms);
  await alarms.raise({ ...pushStopped, text: '又停下了' });
  await sweep(alarms);
  expect(robot.asked).toHaveLength(2);
  expect(robot.asked[1]?.body).toContain('又停下了');
});

test('what is over before anybody was told is told to nobody, and is forgotten after its time', async () => {
  const alarms = alarmsWith({ wecom: wecom() });
  await alarms.raise(pushStopped);
  await alarms.over(pushStopped.cause);
  await sweep(alarms);
  expect(robot.asked).toEqual([]);
  await alarms.raise({ cause: 'stands', text: '還在' });
  await alarms.upkeep.forget(() => new Date(now + 1));
  expect(await db.collection('alarms').distinct('_id')).toEqual(['stands']);
});

test('what two workers find at once is told once', async () => {
  const alarms = alarmsWith({ wecom: wecom() });
  const other = alarmsWith({ wecom: wecom() });
  for (const cause of ['a', 'b', 'c']) await alarms.raise({ cause, text: cause });
  await Promise.all([sweep(alarms), sweep(other)]);
  expect(robot.asked).toHaveLength(3);
});

test.each<[string, Parameters<typeof robot.answers>[0]]>([
  ['errcode', (_asked, response) => json(response, { errcode: 93_000, errmsg: `invalid webhook ${key}` })],
  ['HTTP 500', (_asked, response) => json(response, {}, 500)],
  ['a redirect', (_asked, response) => response.writeHead(302, { location: '/other' }).end()],
  ['no JSON', (_asked, response) => response.end('<html>')],
  ['another shape', (_asked, response) => json(response, [])],
  ['a dead connection', (_asked, response) => response.destroy()],
])('after %s it is tried again, after growing pauses, and the key is nowhere', async (_what, fails) => {
  const alarms = alarmsWith({ wecom: wecom() });
  robot.answers(fails);
  await alarms.raise(pushStopped);
  await sweep(alarms);
  await sweep(alarms);
  expect(robot.asked).toHaveLength(1);
  now += minute;
  await sweep(alarms);
  now += minute;
  await sweep(alarms);
  expect(robot.asked).toHaveLength(2);
  expect(await alarms.open()).toMatchObject([{ cause: 'push:autumn' }]);
  expect((await alarms.open())[0]).not.toHaveProperty('told');
  robot.answers((_asked, response) => json(response, { errcode: 0 }));
  now += minute;
  await sweep(alarms);
  expect(robot.asked).toHaveLength(3);
  expect((await alarms.open())[0]).toHaveProperty('told');
  expect(lines.join('')).toContain('警報沒有送到');
  expect(lines.join('')).not.toContain(key);
});

test('a robot that hangs keeps nobody waiting, and is given up', async () => {
  const hanging = new Promise<void>((resolve) => robot.answers(() => resolve()));
  const alarms = alarmsWith({ wecom: wecom(300) });
  await alarms.raise(pushStopped);
  await alarms.upkeep.sweep();
  await hanging;
  await alarms.upkeep.work.close();
  expect(lines.join('')).toContain('警報沒有送到');
});

test('one that was being told when its worker died, or whose clock was set back, is told all the same', async () => {
  const alarms = alarmsWith({ wecom: wecom() });
  await alarms.raise(pushStopped);
  now -= 24 * 60 * minute;
  await sweep(alarms);
  expect(robot.asked).toHaveLength(1);
});

test('what the mail told is not told again while the robot is tried again', async () => {
  const mails: MailMessage[] = [];
  const sender = { send: async (mail: MailMessage) => (mails.push(mail), 'sent' as const) };
  const mail = createMailVoice({ to: 'ops@brand.example.com', sender, render: createMailRender().mail });
  const alarms = alarmsWith({ wecom: wecom(), mail });
  robot.answers((_asked, response) => json(response, { errcode: 45_009 }));
  await alarms.raise({ cause: 'x', text: '第一行 <b>\n第二行' });
  await sweep(alarms);
  now += minute;
  await sweep(alarms);
  expect(robot.asked).toHaveLength(2);
  expect(mails).toMatchObject([
    {
      to: 'ops@brand.example.com',
      subject: expect.stringContaining('第一行'),
      text: expect.stringContaining('第一行 <b>\n第二行'),
      html: expect.stringContaining('第一行 &lt;b&gt;\n第二行'),
    },
  ]);
  expect(mails[0]).not.toHaveProperty('unsubscribeUrl');
});

test('an address that takes no mail is said in the log, without the address', async () => {
  const sender = { send: async () => 'refused' as const };
  const mail = createMailVoice({ to: 'ops@brand.example.com', sender, render: createMailRender().mail });
  const alarms = alarmsWith({ mail });
  await alarms.raise(pushStopped);
  await sweep(alarms);
  expect(lines.join('')).toContain('ALARM_MAIL_TO');
  expect(lines.join('')).not.toContain('ops@');
});

test('where nobody is named it is an error in the log, once, and stands', async () => {
  const alarms = alarmsWith({});
  await alarms.raise(pushStopped);
  await sweep(alarms);
  await sweep(alarms);
  const errors = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(errors).toMatchObject([{ level: 50, msg: expect.stringContaining(pushStopped.text) }]);
  expect(await alarms.open()).toHaveLength(1);
});
