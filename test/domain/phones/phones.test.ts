import { createPhones } from '../../../src/domain/phones/phones';
import { createRecordingSms, type SmsMessage } from '../../../src/domain/phones/sms';
import { beijingDay, momentAt } from '../../../src/kit/beijing';
import { createLog } from '../../../src/kit/log';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let now = momentAt('2026-11-22T10:00');
const clock = { now: () => now, day: (moment = now) => beijingDay(moment) };
const recording = createRecordingSms();
let answer: ((message: SmsMessage) => 'sent' | 'refused') | undefined;
const sms = {
  ...recording,
  send: async (message: SmsMessage) => answer?.(message) ?? recording.send(message),
};
const owners = new Map<string, string>();
const changed: string[] = [];
let phones: ReturnType<typeof createPhones>;

beforeAll(async () => {
  phones = createPhones({
    db: await database.connect(),
    clock,
    log: createLog({ level: 'silent', name: 'phones' }),
    key: 'key',
    signature: '小藝旅行',
    sms,
    async bind(pid, phone) {
      if ((owners.get(phone) ?? pid) !== pid) return { kind: 'taken' };
      owners.set(phone, pid);
      return { kind: 'bound' };
    },
    changed: async (pids) => void changed.push(...pids),
  });
});
afterAll(() => database.drop());
beforeEach(() => {
  now = momentAt('2026-11-22T10:00');
  answer = undefined;
});

const consent = '只用來認出你的訂單';
const ask = (pid: string, phone: string, cause = `${pid}-1`) => phones.ask({ pid, phone, cause, consent });
const lastCode = (): string => /(\d{6})/.exec(sms.sent().at(-1)?.text ?? '')?.[1] ?? '';
const not = (code: string): string => (code === '000000' ? '000001' : '000000');
let said = 0;
const prove = (pid: string, code: string, cause = `said-${said++}`) => phones.prove(pid, code, cause);

test('the code that her phone got binds it, signed and with a way out; the same letter again sends no second one', async () => {
  expect(await ask('lin', '13800001111')).toEqual({ kind: 'asked', tail: '1111' });
  expect(await ask('lin', '13800001111')).toEqual({ kind: 'asked', tail: '1111' });
  expect(sms.sent()).toEqual([
    {
      id: 'lin-1',
      phone: '13800001111',
      text: expect.stringMatching(/^【小藝旅行】驗證碼 \d{6}，10 分鐘內有效。.*拒收請回覆 R$/),
      values: [lastCode(), '10'],
    },
  ]);
  expect(await prove('lin', not(lastCode()), 'wrong')).toEqual({ kind: 'wrong', left: 4 });
  expect(await prove('lin', not(lastCode()), 'wrong')).toEqual({ kind: 'wrong', left: 4 });
  const spaced = ` ${lastCode().slice(0, 3)} ${lastCode().slice(3)} `;
  expect(await prove('lin', spaced, 'right')).toEqual({ kind: 'bound', tail: '1111' });
  expect(owners.get('13800001111')).toBe('lin');
  // A second run of the same message says the same; another finds nothing left to prove, and the phone is not kept.
  expect(await prove('lin', spaced, 'right')).toEqual({ kind: 'bound', tail: '1111' });
  expect(await prove('lin', lastCode())).toEqual({ kind: 'none' });
  expect(JSON.stringify(await phones.upkeep.copy({ fan: '', pid: 'lin' }))).not.toContain('13800001111');
});

test('a code lasts ten minutes and five tries', async () => {
  await ask('mei', '13800002222');
  const code = lastCode();
  for (let left = 4; left >= 0; left--)
    expect(await prove('mei', not(code))).toEqual({ kind: 'wrong', left });
  expect(await prove('mei', code)).toEqual({ kind: 'tooOften' });
  now += 60_000;
  await ask('mei', '13800002222', 'mei-2');
  now += 10 * 60_000;
  expect(await prove('mei', lastCode())).toEqual({ kind: 'expired' });
});

test('another code is sent after a minute, to the same phone, and the one before it is worth nothing', async () => {
  expect(await phones.askAgain('ada', 'ada-0')).toEqual({ kind: 'none' });
  await ask('ada', '13800006666');
  const first = lastCode();
  now += 20_000;
  expect(await phones.askAgain('ada', 'ada-2')).toEqual({ kind: 'tooSoon', inMs: 40_000 });
  expect(await ask('ada', '13800006667', 'ada-3')).toEqual({ kind: 'asked', tail: '6667' });
  now += 60_000;
  expect(await phones.askAgain('ada', 'ada-4')).toEqual({ kind: 'asked', tail: '6667' });
  expect(sms.sent().at(-1)?.phone).toBe('13800006667');
  expect((await prove('ada', first)).kind).toBe('wrong');
  expect((await prove('ada', lastCode())).kind).toBe('bound');
});

test('a person asks five times a day, and so many codes go to a phone, whoever asks', async () => {
  for (let n = 0; n < 5; n++, now += 60_000)
    expect((await ask('wu', '13800003333', `wu-${n}`)).kind).toBe('asked');
  const before = sms.sent().length;
  expect(await ask('wu', '13800004444', 'wu-5')).toEqual({ kind: 'tooMany' });
  expect(await ask('robot', '13800003333')).toEqual({ kind: 'tooMany' });
  expect(sms.sent()).toHaveLength(before);
  now += 24 * 60 * 60_000;
  expect((await ask('wu', '13800004444', 'wu-6')).kind).toBe('asked');
});

test('what could not be sent does not count, and is sent with the next try; a phone that takes none is told', async () => {
  answer = () => {
    throw new Error('down');
  };
  for (let n = 0; n < 6; n++) expect(await ask('bao', '13800007777', `bao-${n}`)).toEqual({ kind: 'failed' });
  answer = () => 'refused';
  expect(await phones.askAgain('bao', 'bao-6')).toEqual({ kind: 'refused' });
  answer = undefined;
  expect((await phones.askAgain('bao', 'bao-7')).kind).toBe('asked');
  expect((await prove('bao', lastCode())).kind).toBe('bound');
});

test('a phone that is somebody else’s is not hers too', async () => {
  await ask('eve', '13800001111');
  expect(await prove('eve', lastCode())).toEqual({ kind: 'taken', tail: '1111' });
  expect(owners.get('13800001111')).toBe('lin');
});

test('she is erased with the phone that she had not proven, and it is forgotten by itself', async () => {
  await ask('gone', '13800005555');
  await phones.upkeep.erase({ fan: '', pid: 'gone', upTo: new Date(now) });
  expect(await prove('gone', lastCode())).toEqual({ kind: 'none' });
  expect(await phones.upkeep.copy({ fan: '', pid: 'gone' })).toEqual({
    phoneCodes: [],
    phoneAsks: [],
    smsConsents: [],
  });
  await ask('idle', '13800008888');
  const db = await database.connect();
  const kept = async () => JSON.stringify(await db.collection('phoneCodes').find().toArray());
  expect(await kept()).not.toContain('13800005555');
  expect(await kept()).toContain('13800008888');
  await phones.upkeep.forget(() => new Date(now + 1));
  expect(await kept()).not.toContain('13800008888');
});

const pushConsent = '優惠短信（短信 2026-11）';
const subscribe = (pid: string) => phones.subscribe({ pid, at: new Date(now), consent: pushConsent });
const inDatabase = async () => {
  const db = await database.connect();
  const names = ['phoneCodes', 'smsConsents'];
  const rows = await Promise.all(names.map((name) => db.collection(name).find().toArray()));
  return JSON.stringify(rows);
};
async function binds(pid: string, phone: string, cause = `${pid}-${phone.slice(-4)}`) {
  await ask(pid, phone, cause);
  expect(await prove(pid, lastCode())).toMatchObject({ kind: 'bound' });
}
const facts = async (pid: string) => (await phones.audience.facts([{ pid, fan: '' }])).get(pid);

test('who has just bound a phone may say that she wants promotional texts on it; it is kept sealed', async () => {
  expect(await phones.wantsPush('ding')).toBe('no');
  await binds('ding', '13900001111');
  expect(await phones.wantsPush('ding')).toBe('offered');
  expect(await facts('ding')).toBeUndefined();
  expect((await phones.forPush(['ding'])).size).toBe(0);
  for (const _ of [1, 2]) expect(await subscribe('ding')).toEqual({ kind: 'subscribed', tail: '1111' });
  expect(changed).toContain('ding');
  expect(await phones.wantsPush('ding')).toBe('yes');
  expect(await facts('ding')).toEqual({ tokens: ['sms:yes'] });
  expect(await phones.forPush(['ding', 'lin'])).toEqual(new Map([['ding', '13900001111']]));
  expect(await inDatabase()).not.toContain('13900001111');
  const copy = await phones.upkeep.copy({ fan: '', pid: 'ding' });
  expect(copy.smsConsents).toEqual([
    { _id: 'ding', phone: '13900001111', at: new Date(now), consent: pushConsent },
  ]);
  const said = { id: 'p/ding', pid: 'ding', words: ' 週末八折' };
  expect(await phones.sendPush(said)).toBe('sent');
  const text = '【小藝旅行】週末八折拒收請回覆R';
  expect(recording.pushed()).toEqual([{ id: 'p/ding', phone: '13900001111', text, values: ['週末八折'] }]);

  await phones.unsubscribe('ding', new Date(now - 1));
  expect(await phones.wantsPush('ding')).toBe('yes');
  for (const _ of [1, 2]) await phones.unsubscribe('ding', new Date(now));
  expect(await phones.sendPush({ ...said, id: 'q/ding' })).toBe('withdrawn');
  expect(recording.pushed()).toHaveLength(1);
  expect(await subscribe('ding')).toEqual({ kind: 'again' });
});

test('half an hour later the phone is gone, and she has to bind it again', async () => {
  await binds('fang', '13900002222');
  const codes = (await database.connect()).collection<{ _id: string }>('phoneCodes');
  const isKept = async () => (await codes.countDocuments({ _id: 'fang', sealed: { $exists: true } })) > 0;
  expect(await isKept()).toBe(true);
  now += 30 * 60_000;
  expect(await subscribe('fang')).toEqual({ kind: 'again' });
  await phones.upkeep.sweep();
  expect(await isKept()).toBe(false);
  await binds('fang', '13900002222', 'fang-again');
  expect(await subscribe('fang')).toEqual({ kind: 'subscribed', tail: '2222' });
});

test('another phone is another question, the same one is not', async () => {
  await binds('gao', '13900003333');
  await subscribe('gao');
  now += 60_000;
  await binds('gao', '13900003333', 'gao-again');
  expect(await phones.wantsPush('gao')).toBe('yes');
  await binds('gao', '13900004444');
  expect(await phones.wantsPush('gao')).toBe('offered');
  expect((await phones.forPush(['gao'])).size).toBe(0);
});

test('she is erased with the phone that she wanted texts on, unless she said so after her return', async () => {
  await binds('hu', '13900005555');
  await subscribe('hu');
  await phones.upkeep.erase({ fan: '', pid: 'hu', upTo: new Date(now - 1) });
  expect(await phones.wantsPush('hu')).toBe('yes');
  await phones.upkeep.erase({ fan: '', pid: 'hu', upTo: new Date(now) });
  expect(await phones.upkeep.copy({ fan: '', pid: 'hu' })).toMatchObject({ phoneCodes: [], smsConsents: [] });
});

test('under another key nobody’s phone opens, and the others go on', async () => {
  await binds('ji', '13900006666');
  await subscribe('ji');
  const db = await database.connect();
  await db.collection<{ _id: string }>('smsConsents').updateOne({ _id: 'ji' }, { $set: { sealed: 'AAAA' } });
  expect([...(await phones.forPush(['ji', 'fang'])).keys()]).toEqual(['fang']);
});
