import { createPhones } from '../../../src/domain/phones/phones';
import { createRecordingSms } from '../../../src/domain/phones/sms';
import { beijingDay, momentAt } from '../../../src/kit/beijing';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let now = momentAt('2026-11-22T10:00');
const clock = { now: () => now, day: (moment = now) => beijingDay(moment) };
const sms = createRecordingSms();
const owners = new Map<string, string>();
let phones: ReturnType<typeof createPhones>;

beforeAll(async () => {
  phones = createPhones({
    db: await database.connect(),
    clock,
    key: 'key',
    signature: '小藝旅行',
    sms,
    async bind(pid, phone) {
      if ((owners.get(phone) ?? pid) !== pid) return { kind: 'taken' };
      owners.set(phone, pid);
      return { kind: 'bound' };
    },
  });
});
afterAll(() => database.drop());
beforeEach(() => {
  now = momentAt('2026-11-22T10:00');
});

const consent = '只用來認出你的訂單';
const ask = (pid: string, phone: string, cause = `${pid}-1`) => phones.ask({ pid, phone, cause, consent });
const lastCode = (): string => /(\d{6})/.exec(sms.sent().at(-1)?.text ?? '')?.[1] ?? '';
const not = (code: string): string => (code === '000000' ? '000001' : '000000');

test('the code that her phone got binds it, signed and with a way out; the same letter again sends no second one', async () => {
  expect(await ask('lin', '13800001111')).toEqual({ kind: 'asked' });
  expect(await ask('lin', '13800001111')).toEqual({ kind: 'asked' });
  expect(sms.sent()).toEqual([
    {
      id: 'lin-1',
      phone: '13800001111',
      text: expect.stringMatching(/^【小藝旅行】驗證碼 \d{6}，.*拒收請回覆 R$/),
    },
  ]);
  expect(await phones.prove('lin', not(lastCode()))).toEqual({ kind: 'wrong', left: 4 });
  expect(await phones.prove('lin', ` ${lastCode().slice(0, 3)} ${lastCode().slice(3)} `)).toEqual({
    kind: 'bound',
    phone: '13800001111',
  });
  expect(owners.get('13800001111')).toBe('lin');
  expect(await phones.prove('lin', lastCode())).toEqual({ kind: 'none' });
});

test('a code lasts ten minutes and five tries', async () => {
  await ask('mei', '13800002222');
  const code = lastCode();
  for (let left = 4; left >= 0; left--)
    expect(await phones.prove('mei', not(code))).toEqual({ kind: 'wrong', left });
  expect(await phones.prove('mei', code)).toEqual({ kind: 'none' });
  await ask('mei', '13800002222', 'mei-2');
  now += 10 * 60_000;
  expect(await phones.prove('mei', lastCode())).toEqual({ kind: 'none' });
});

test('a person asks five times a day, and so many codes go to a phone, whoever asks', async () => {
  for (let n = 0; n < 5; n++) expect((await ask('wu', '13800003333', `wu-${n}`)).kind).toBe('asked');
  const before = sms.sent().length;
  expect(await ask('wu', '13800004444', 'wu-5')).toEqual({ kind: 'tooMany' });
  expect(await ask('robot', '13800003333')).toEqual({ kind: 'tooMany' });
  expect(sms.sent()).toHaveLength(before);
  now += 24 * 60 * 60_000;
  expect(await ask('wu', '13800004444', 'wu-6')).toEqual({ kind: 'asked' });
});

test('a phone that is somebody else’s is not hers too', async () => {
  await ask('eve', '13800001111');
  expect(await phones.prove('eve', lastCode())).toEqual({ kind: 'taken' });
  expect(owners.get('13800001111')).toBe('lin');
});

test('she is erased with the phone that she had not proven', async () => {
  await ask('gone', '13800005555');
  await phones.upkeep.erase({ fan: '', pid: 'gone', upTo: new Date(now), back: false });
  expect(await phones.prove('gone', lastCode())).toEqual({ kind: 'none' });
  const db = await database.connect();
  expect(JSON.stringify(await db.collection('phoneCodes').find().toArray())).not.toContain('13800005555');
});
