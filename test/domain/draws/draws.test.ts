import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import type { Connection } from 'mongoose';
import { commitmentOf, type DrawProof, listHashOf, rank, verify } from '../../../src/domain/draws/draw-proof';
import { createDraws, type Draws, drawIndexes } from '../../../src/domain/draws/draws';
import { canonicalValue, whyNotValue } from '../../../src/domain/draws/value';
import { createClock } from '../../../src/kit/clock';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';
import { aPrize, aQuiz, beijing } from '../quiz/a-quiz';

const database = testDatabase();
let db: Connection;
let clock: ReturnType<typeof createClock>;
let draws: Draws;
const prize = aPrize(
  'tour',
  {
    kind: 'draw',
    reserves: 2,
    condition: {},
    publicValue: '第 50 日收盤指數',
    at: beijing('2026-11-29 10:00:00'),
  },
  { quantity: 3 },
);
const quiz = aQuiz({ prizes: [prize] });
const id = 'q/tour';
const people = Array.from({ length: 40 }, (_, i) => `p${i}`);

beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, drawIndexes);
});
beforeEach(async () => {
  await database.clear();
  clock = createClock();
  draws = createDraws({ db, clock, dataKey: 'k' });
  turnTo('2026-11-20 10:00:00');
  await draws.commit(quiz);
});
afterEach(noCrash);
afterAll(() => database.drop());

const turnTo = (when: string) => clock.setOffset(beijing(when) - Date.now());
const freeze = (pids: string[] = people) => draws.freeze({ campaign: 'q', prize, pids });
const numberOf = async (pid: string) => (await draws.seenBy(quiz, pid))[0]?.number;
async function enterBoth(value = '3F6D09A1') {
  turnTo('2026-11-29 10:05:00');
  await draws.enter({ id, value, by: 'ann' });
  return draws.enter({ id, value, by: 'ben' });
}
async function wholeDraw(): Promise<DrawProof> {
  turnTo('2026-11-28 10:00:00');
  await freeze();
  await enterBoth();
  await draws.run(id);
  return draws.proof(id);
}

describe('the arithmetic', () => {
  // Worked out with another language's library.
  const seed = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex');
  const entries = ['0000000007', '0123456789', '4444444444', '5555555555', '9999999999'];
  const terms = { draw: 'q/tour', winners: 2, reserves: 1, named: 'drand 第 5000000 輪' };
  const listHash = '779e204f00e6a27db9c380a260fc8f6b63d6ed28411f02aced2110521de740dc';

  test('gives the fixed vectors', () => {
    expect(commitmentOf(seed)).toBe('630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd');
    expect(listHashOf(terms, entries)).toBe(listHash);
    expect(rank(entries, { seed, listHash, value: '3f6d09a1' })).toEqual([
      '0123456789',
      '5555555555',
      '4444444444',
      '0000000007',
      '9999999999',
    ]);
  });

  test('favours nobody: over 10,000 draws from random lists every tenth of a list wins as often', () => {
    const bytes = (text: string) => createHash('sha256').update(text).digest('hex');
    const tenths = Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const size = 10 * (1 + (i % 4));
      const list = Array.from({ length: size }, (_, n) => bytes(`${i}/${n}`).slice(0, 10)).toSorted();
      const [winner] = rank(list, { seed: bytes(`seed ${i}`), listHash: bytes(list.join()), value: `v${i}` });
      const tenth = Math.floor((list.indexOf(winner as string) * 10) / size);
      tenths[tenth] = (tenths[tenth] as number) + 1;
    }
    // Chi-square with 9 degrees of freedom: p > 0.001 below 27.88. Everything is fixed, so is the result.
    expect(tenths.reduce((sum, n) => sum + (n - 1_000) ** 2 / 1_000, 0)).toBeLessThan(27.88);
  });

  test('draws everybody once, and another value or seed gives another order', () => {
    const lists = fc.uniqueArray(fc.stringMatching(/^\d{10}$/), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(lists, fc.string(), (list, value) => {
        const ranked = rank(list, { seed, listHash, value });
        expect(ranked.toSorted()).toEqual(list.toSorted());
        expect(rank(list.toReversed(), { seed, listHash, value })).toEqual(ranked);
        expect(rank(list, { seed, listHash, value: `${value}.` })).not.toEqual(ranked);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the order of things', () => {
  test('a seed is committed to once, kept sealed, and opened by the draw', async () => {
    const [first] = await draws.commit(quiz);
    const [again] = await draws.commit(quiz);
    expect(again).toEqual(first);
    expect(first?.commitment).toMatch(/^[0-9a-f]{64}$/);
    const proof = await wholeDraw();
    expect(commitmentOf(proof.seed)).toBe(first?.commitment);
    const kept = JSON.stringify(await db.collection('draws').findOne({}, { projection: { drawn: 0 } }));
    expect(kept).not.toContain(proof.seed);
  });

  test('the value cannot be entered before the list is frozen, nor before its time', async () => {
    turnTo('2026-11-29 10:05:00');
    await expect(draws.enter({ id, value: 'x', by: 'ann' })).rejects.toMatchObject({ code: 'draw.state' });
    turnTo('2026-11-28 10:00:00');
    await freeze();
    await expect(draws.enter({ id, value: 'x', by: 'ann' })).rejects.toMatchObject({ code: 'draw.early' });
  });

  test('the list cannot be frozen once the value may be known, until two people name a later one', async () => {
    turnTo('2026-11-29 10:00:00');
    await expect(freeze()).rejects.toMatchObject({ code: 'draw.late' });
    const later = {
      id,
      named: 'drand 第 6000000 輪',
      valueAt: beijing('2026-12-01 10:00:00'),
      reason: '結算遲了',
    };
    expect(await draws.putOff({ ...later, by: 'ann' })).toBe('waits');
    expect(await draws.putOff({ ...later, by: 'ann' })).toBe('waits');
    await expect(freeze()).rejects.toMatchObject({ code: 'draw.late' });
    expect(await draws.putOff({ ...later, by: 'ben' })).toBe('done');
    await freeze();
    expect(await draws.read(id)).toMatchObject({
      state: 'frozen',
      named: 'drand 第 6000000 輪',
      putOff: [{ named: '第 50 日收盤指數', by: 'ann', approvedBy: 'ben', reason: '結算遲了' }],
    });
    await expect(draws.putOff({ ...later, by: 'ann' })).rejects.toMatchObject({ code: 'draw.state' });
  });

  test('it takes two people, who say the same; spaces and width do not matter', async () => {
    turnTo('2026-11-28 10:00:00');
    await freeze();
    turnTo('2026-11-29 10:05:00');
    const enter = (value: string, by: string) => draws.enter({ id, value, by });
    expect(await enter('03 07 12', 'ann')).toBe('waits');
    for (const she of ['Ann ', 'ann（登入 root）', 'ann']) expect(await enter('03 07 12', she)).toBe('waits');
    await expect(draws.run(id)).rejects.toMatchObject({ code: 'draw.state' });
    await expect(enter('03 07 13', 'ben')).rejects.toMatchObject({ code: 'draw.differs' });
    expect(await enter('03 07 12', 'ben')).toBe('waits');
    expect(await enter('０３　07  12 ', 'ann')).toBe('done');
    expect(await enter('03 07 12', 'cleo')).toBe('done');
    await expect(enter('99', 'cleo')).rejects.toMatchObject({ code: 'draw.state' });
    expect((await draws.read(id))?.value).toMatchObject({ text: '03 07 12', by: 'ben', approvedBy: 'ann' });
  });

  test('a frozen list stays, whoever is named afterwards, and two who freeze at once freeze one', async () => {
    turnTo('2026-11-28 10:00:00');
    const [a, b] = await Promise.all([freeze(people), freeze(people.slice(5))]);
    expect(a).toEqual(b);
    expect(await freeze(['nobody'])).toEqual(a);
    expect(await db.collection('drawEntries').countDocuments()).toBe(a.entries);
  });

  test('each fan is told her number, and nobody else is in the list', async () => {
    turnTo('2026-11-28 10:00:00');
    expect(await numberOf('p3')).toBe('');
    await freeze();
    const mine = await numberOf('p3');
    expect(mine).toMatch(/^\d{10}$/);
    expect(await numberOf('stranger')).toBe('');
    expect(await draws.numbersOf('p3')).toEqual([
      { campaign: 'q', prize: 'tour', number: mine, drawn: false },
    ]);
    expect(await draws.numbersOf('stranger')).toEqual([]);
    await enterBoth();
    await draws.run(id);
    const proof = await draws.proof(id);
    expect(proof.entries).toContain(mine);
    expect(proof.entries).toHaveLength(40);
    expect(JSON.stringify(proof)).not.toContain('p3');
  });

  test('everybody sees the hash of the list as soon as it is frozen, and the value once it is decided', async () => {
    const [before] = await draws.seenBy(quiz, 'stranger');
    expect(before).toMatchObject({ listHash: '', entries: 0, value: '' });
    const { hash } = await freeze();
    expect(await draws.seenBy(quiz, 'stranger')).toMatchObject([{ listHash: hash, entries: 40, value: '' }]);
    await enterBoth();
    expect(await draws.seenBy(quiz, 'stranger')).toMatchObject([{ listHash: hash, value: '3f6d09a1' }]);
  });

  test('the first win, the next are reserves, and a second run says the same', async () => {
    const proof = await wholeDraw();
    expect(await draws.run(id)).toMatchObject({ won: proof.won, reserve: proof.reserve });
    const { won, reserve } = (await draws.outcome(id)) as { won: string[]; reserve: string[] };
    expect([won.length, reserve.length, new Set([...won, ...reserve]).size]).toEqual([3, 2, 5]);
    expect(await numberOf(won[0] as string)).toBe(proof.won[0]);
  });

  test('with fewer people than prizes all of them win', async () => {
    turnTo('2026-11-28 10:00:00');
    await freeze(['a', 'b']);
    await enterBoth();
    expect((await draws.run(id)).won).toHaveLength(2);
    expect(verify(await draws.proof(id))).toEqual([]);
  });

  test('a database that was tampered with is found out before anybody wins', async () => {
    turnTo('2026-11-28 10:00:00');
    await freeze();
    await enterBoth();
    await db.collection('drawEntries').updateOne({ pid: 'p1' }, { $set: { entry: '0000000000' } });
    await expect(draws.run(id)).rejects.toMatchObject({ code: 'draw.list' });
  });

  test('a kill anywhere leaves a draw that can be gone on with', async () => {
    for (const point of ['draw-entries-written', 'draw-frozen', 'draw-drawn']) {
      await database.clear();
      turnTo('2026-11-20 10:00:00');
      await draws.commit(quiz);
      turnTo('2026-11-28 10:00:00');
      let crashed = 0;
      planCrash(point, 1, () => {
        crashed++;
        throw new Error('killed');
      });
      await freeze().catch(() => {});
      await freeze();
      await enterBoth();
      await draws.run(id).catch(() => {});
      await draws.run(id);
      expect([point, crashed]).toEqual([point, 1]);
      expect(verify(await draws.proof(id))).toEqual([]);
      expect(await db.collection('drawEntries').countDocuments()).toBe(40);
    }
  });
});

describe('the proof', () => {
  const dir = mkdtempSync(join(tmpdir(), 'draw-proof-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  /** The script that people outside run: it shares nothing with the program. */
  async function standalone(proof: DrawProof, ...more: string[]): Promise<{ fits: boolean; said: string }> {
    const file = join(dir, 'proof.json');
    writeFileSync(file, JSON.stringify(proof));
    return promisify(execFile)(process.execPath, ['scripts/verify-draw.js', file, ...more]).then(
      ({ stdout }) => ({ fits: true, said: stdout }),
      (error: { stdout: string }) => ({ fits: false, said: error.stdout }),
    );
  }

  test('is worked out again by the program and by the standalone script', async () => {
    const proof = await wholeDraw();
    expect(verify(proof)).toEqual([]);
    const { fits, said } = await standalone(proof, proof.won[1] as string);
    expect([fits, said.includes(`${proof.won[1]} 排在第 2 位`)]).toEqual([true, true]);
  });

  test('that is not there, or is no proof, is told in one sentence', async () => {
    const bad = join(dir, 'bad.json');
    for (const [file, text, told] of [
      ['missing.json', undefined, '沒有這個檔案'],
      [bad, '{', '讀不懂這個檔案'],
      [bad, 'null', '讀不懂這個檔案'],
      [bad, '{}', '讀不懂這個檔案'],
    ] as const) {
      if (text !== undefined) writeFileSync(file, text);
      const failed: unknown = await promisify(execFile)(process.execPath, [
        'scripts/verify-draw.js',
        file,
      ]).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(`^${told}[^\n]*\n$`) as string });
    }
  });

  test.each<[string, (proof: DrawProof) => DrawProof]>([
    ['another seed', (proof) => ({ ...proof, seed: 'ab'.repeat(32) })],
    ['an entry added', (proof) => ({ ...proof, entries: [...proof.entries, '99999999999'] })],
    ['an entry left out', (proof) => ({ ...proof, entries: proof.entries.slice(1) })],
    ['an entry doubled', (proof) => ({ ...proof, entries: [proof.entries[0] as string, ...proof.entries] })],
    ['another value', (proof) => ({ ...proof, value: '3f6d09a2' })],
    ['other terms', (proof) => ({ ...proof, winners: proof.winners + 1 })],
    ['another name of the value', (proof) => ({ ...proof, named: 'drand 第 1 輪' })],
    ['winners in another order', (proof) => ({ ...proof, won: proof.won.toReversed() })],
    [
      'a reserve put first',
      (proof) => ({ ...proof, won: [proof.reserve[0] as string, ...proof.won.slice(1)] }),
    ],
    ['the list frozen after the value', (proof) => ({ ...proof, frozenAt: proof.drawnAt })],
  ])('does not fit with %s', async (_name, tamper) => {
    const proof = tamper(await wholeDraw());
    expect(verify(proof)).not.toEqual([]);
    expect((await standalone(proof)).fits).toBe(false);
  });
});

test('what two people typed is compared without width, case and spaces', () => {
  expect(canonicalValue(' ＡＢ　c\n')).toBe('ab c');
});

test.each([
  ['drand 第 5000000 輪', 'AB'.repeat(32), true],
  ['drand 第 5000000 輪', 'ab'.repeat(31), false],
  ['drand 第 5000000 輪', '5000000', false],
  ['福彩雙色球第 2026140 期', '03 07 12 18 25 31 09', true],
  ['福彩雙色球第 2026140 期', '03,07,12,18,25,31+09', true],
  ['福彩雙色球第 2026140 期', '03 07 12 18 25 34 09', false],
  ['福彩雙色球第 2026140 期', '03 03 12 18 25 31 09', false],
  ['福彩雙色球第 2026140 期', '03 07 12', false],
  ['體彩大樂透第 26140 期', '03 07 12 18 25 04 09', true],
  ['當天上證指數收盤', '3456.78', true],
])('of 「%s」 「%s」 is a value: %s', (named, value, fits) => {
  expect(whyNotValue(named, canonicalValue(value)) === undefined).toBe(fits);
});
