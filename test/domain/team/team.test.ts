import type { Connection } from 'mongoose';
import { checkPassword } from '../../../src/domain/team/passwords';
import { codeAt, stepOf } from '../../../src/domain/team/second-factor';
import { createTeam, teamIndexes } from '../../../src/domain/team/team';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let at = Date.parse('2026-11-30T02:00:00Z');
const now = () => at;
const key = 'a key for tests, longer than thirty-two';
let team: ReturnType<typeof createTeam>;

beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, teamIndexes);
  team = createTeam({ db, key, now });
});
afterAll(() => database.drop());

const minute = 60_000;
const hour = 60 * minute;
const password = 'kites over the west lake';

async function joined(login: string, name: string) {
  const token = await team.invite({ roles: ['marketer'], name, by: 'test' });
  const { secret } = await team.invitation(token);
  const { who, recovery } = await team.join(token, { login, name, password, code: codeAt(secret, at) });
  return { who, recovery, secret };
}
const from = (ip: string, device?: string) => ({ ip, agent: 'test', device });

describe('passwords (K1)', () => {
  test.each([
    ['short', '太短'],
    ['password1234', 'common, with a tail'],
    ['123456789012', 'a run'],
    ['abcdefghijkl', 'a run of letters'],
    ['aaaaaaaaaaaa', 'one sign'],
    ['abcabcabcabcabc', 'one part again and again'],
    ['linmei2026!!', 'her own name'],
    ['xiaoyi-wechat-2026', 'names of the house'],
    ['qwertyuiopasdfghjkl', 'common'],
    ['x'.repeat(129), 'too long'],
  ])('%s is refused', async (given) => {
    await expect(checkPassword(given, ['linmei', '林梅'])).rejects.toMatchObject({ code: 'team.password' });
  });
  test.each([
    'kites over the west lake',
    '三月去看西湖的荷花還太早了',
    'correct horse battery staple',
    'Tr0ub4dor&3-and-more',
  ])('%s is taken', async (given) => {
    await expect(checkPassword(given, ['linmei', '林梅'])).resolves.toBeUndefined();
  });
  test('they are kept as argon2id with the parameters of OWASP', async () => {
    await joined('pia', '皮亞');
    const row = await db.collection('team').findOne({ login: 'pia' });
    expect(row?.['hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(password);
  });
});

test('a code of RFC 6238 is of its step, one around now at most', () => {
  // Its test key, in base32, and the last six digits of its table for SHA-1.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ] as const) {
    expect(codeAt(secret, seconds * 1_000)).toBe(code);
    expect(stepOf(secret, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
    expect(stepOf(secret, code, (seconds + 90) * 1_000)).toBeUndefined();
    const wide = [...code].map((digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0));
    expect(stepOf(secret, ` ${wide.join('')} `, seconds * 1_000)).toBe(Math.floor(seconds / 30));
    for (const odd of ['', '12345', '1234567', '一二三四五六', '😀😀😀'])
      expect(stepOf(secret, odd, seconds * 1_000)).toBeUndefined();
  }
});

test('the first administrator joins by a link that is there once, and a new one takes the old one’s place', async () => {
  const other = createTeam({ db: db.useDb(`${db.name}-first`), key, now });
  const old = (await other.first()) as string;
  const token = (await other.first()) as string;
  await expect(other.invitation(old)).rejects.toMatchObject({ code: 'team.invite' });
  const { secret } = await other.invitation(token);
  const form = { login: 'lin', name: '林梅', password, code: codeAt(secret, at) };
  const both = await Promise.allSettled([other.join(token, form), other.join(token, form)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await other.first()).toBeUndefined();
  expect((await other.list()).map(({ roles }) => roles)).toEqual([['administrator']]);
  await db.useDb(`${db.name}-first`).dropDatabase();
});

test('two steps lead in; each code is good once; a recovery code once', async () => {
  const { secret, recovery } = await joined('rui', '芮');
  at += minute;
  const { session } = await team.signIn({ login: 'rui', password, ...from('10.0.0.1') });
  expect((await team.session(session))?.step).toBe('password');
  await expect(team.second(session, '000000')).rejects.toMatchObject({ code: 'team.second' });
  const code = codeAt(secret, at);
  const whole = await team.second(session, code);
  expect((await team.session(whole))?.step).toBe('whole');
  expect(await team.session(session)).toBeUndefined();

  const again = await team.signIn({ login: 'rui', password, ...from('10.0.0.1') });
  await expect(team.second(again.session, code)).rejects.toMatchObject({ code: 'team.second' });
  await team.second(again.session, recovery[0] as string);
  const third = await team.signIn({ login: 'rui', password, ...from('10.0.0.1') });
  await expect(team.second(third.session, recovery[0] as string)).rejects.toMatchObject({
    code: 'team.second',
  });
});

test('a session ends after half an hour of nothing, after twelve hours, by leaving, by another role, by being disabled, by a new password (K5)', async () => {
  const { who } = await joined('yun', '雲');
  const open = () => team.openFor({ who: who.id, ip: '::1', agent: 'test', device: 'd'.repeat(32) });
  const idle = await open();
  at += 29 * minute;
  expect(await team.session(idle)).toBeDefined();
  at += 31 * minute;
  expect(await team.session(idle)).toBeUndefined();

  const long = await open();
  for (let n = 0; n < 24; n++) {
    at += 29 * minute;
    expect(await team.session(long)).toBeDefined();
  }
  at += 29 * minute;
  expect(await team.session(long)).toBeUndefined();

  const left = await open();
  await team.signOut(left);
  expect(await team.session(left)).toBeUndefined();

  const [here, elsewhere] = [await open(), await open()];
  await team.changePassword({
    id: who.id,
    now: password,
    next: 'lanterns along the old canal',
    session: (await team.session(here))?.id ?? '',
  });
  expect(await team.session(here)).toBeDefined();
  expect(await team.session(elsewhere)).toBeUndefined();

  await team.setRoles(who.id, ['analyst']);
  expect(await team.session(here)).toBeUndefined();
  const last = await open();
  expect((await team.session(last))?.who.roles).toEqual(['analyst']);
  await team.setState(who.id, 'disabled');
  expect(await team.session(last)).toBeUndefined();
  await expect(
    team.signIn({ login: 'yun', password: 'lanterns along the old canal', ...from('10.0.9.9') }),
  ).rejects.toMatchObject({ code: 'team.sign-in' });
});

test('of ten thousand guesses from a thousand addresses at most a hundred are looked at, and she gets in meanwhile (K3)', async () => {
  const { secret } = await joined('mei', '梅');
  at += hour;
  const own = await team.signIn({ login: 'mei', password, ...from('10.1.1.1') });
  await team.second(own.session, codeAt(secret, at));
  let looked = 0;
  for (let n = 0; n < 10_000; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const login = (n + i) % 2 === 0 ? 'mei' : `nobody${(n + i) % 400}`;
        await team
          .signIn({
            login,
            password: `guess number ${n + i}`,
            ...from(`10.2.${(n + i) % 4}.${(n + i) % 250}`),
          })
          .catch(({ code }: { code: string }) => {
            if (code === 'team.sign-in') looked++;
            else expect(code).toBe('team.too-many-tries');
          });
      }),
    );
  expect(looked).toBeLessThanOrEqual(100);
  expect(looked).toBeGreaterThan(0);
  // From a browser in which she has signed in before.
  const { session } = await team.signIn({ login: 'mei', password, ...from('10.2.0.1', own.device) });
  expect(session).toBeTruthy();
  // And from any, once it has passed.
  at += hour;
  await team.signIn({ login: 'mei', password, ...from('10.3.3.3') });
});

test('the last administrator stays; a link to begin anew ends what was open', async () => {
  const other = createTeam({ db: db.useDb(`${db.name}-last`), key, now });
  const token = (await other.first()) as string;
  const { secret } = await other.invitation(token);
  const { who } = await other.join(token, { login: 'lin', name: '林梅', password, code: codeAt(secret, at) });
  await expect(other.setRoles(who.id, ['marketer'])).rejects.toMatchObject({
    code: 'team.last-administrator',
  });
  await expect(other.setState(who.id, 'disabled')).rejects.toMatchObject({ code: 'team.last-administrator' });
  const session = await other.openFor({ who: who.id, ip: '', agent: '', device: 'x'.repeat(32) });
  const reset = await other.reset(who.id, 'test');
  expect(await other.session(session)).toBeUndefined();
  const fresh = await other.invitation(reset);
  expect(fresh.secret).not.toBe(secret);
  await other.join(reset, {
    login: '',
    name: '',
    password: 'boats under nine bridges',
    code: codeAt(fresh.secret, at),
  });
  await expect(other.signIn({ login: 'lin', password, ...from('10.7.7.7') })).rejects.toMatchObject({
    code: 'team.sign-in',
  });
  await db.useDb(`${db.name}-last`).dropDatabase();
});
