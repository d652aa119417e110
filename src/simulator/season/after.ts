import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { contentOf } from '../../domain/campaigns/campaign-row';
import { courierColumns } from '../../domain/exports/parcels';
import { root } from '../../kit/root';
import { readTable } from '../../sheets/read-table';
import { isMachine, looksAtPrizes, type Person } from './habits';
import type { Players, Step } from './players';
import { beijing, dayOf, drawAt, quizId } from './quiz';
import { couponsIn } from './read';
import type { Town } from './town';

const minute = 60_000;

export type Season = { town: Town; players: Players; people: Person[]; days: number; folder: string };

export type Review = { machines: string[]; byMistake: string[]; rejected: string[]; byHand: string[] };
export type Outcome = {
  review: Review;
  draws: { id: string; entries: number; verified: boolean }[];
  parcels: { approved: number; exported: number; sent: number; badLines: number };
  /** `again`: tried a second time; `refused`: of these. */
  coupons: { used: number; again: number; refused: number };
  /** `leaks`: phone numbers that stand in a masked file. */
  exports: { files: number; rows: number; leaks: number };
  /** Differences that the program itself finds. */
  proof: { answers: number; replay: number; audit: number };
};

/** From the last answer to the last prize, as the people in the office do it, with the services behind `npm run quiz`. */
export async function finish(season: Season): Promise<Outcome> {
  const { town, days } = season;
  const { settlement } = town.services;
  const settle = () => settlement.settle({ campaign: quizId, by: 'ann' });
  await town.settled();
  await town.turnTo(beijing(`${dayOf(days)} 10:00`));
  const first = await settle();
  const review = await lookAtHeld(season, first.kind === 'review');
  const frozen = await settle();
  if (frozen.kind !== 'draws')
    throw new Error(`the draws should wait for their value: ${JSON.stringify(frozen)}`);
  await asksForNumbers(season);
  await town.turnTo(beijing(drawAt(days)) + 5 * minute);
  for (const { draw } of frozen.waiting)
    for (const by of ['ann', 'ben'])
      await town.services.draws.enter({ id: draw, value: '8f2a61c07d'.padEnd(64, '0'), by });
  const done = await settle();
  if (done.kind !== 'settled') throw new Error(`it should be settled: ${JSON.stringify(done)}`);
  const draws = [];
  for (const { draw } of frozen.waiting) draws.push(await proven(season, draw));

  await orderMissingCodes(season);
  await everybodyLooks(season, days + 1);
  const parcels = await post(season, 1);
  const coupons = await redeem(season);
  // What nobody claimed expires; of the draws it passes on to reserves.
  await town.turnTo(beijing(`${dayOf(days + 5)} 10:00`));
  await everybodyLooks(season, days + 5);
  const later = await post(season, 2);
  await town.turnTo(beijing(`${dayOf(days + 9)} 10:00`));
  await everybodyLooks(season, days + 9);
  await town.settled();
  return {
    review,
    draws,
    parcels: {
      approved: parcels.approved + later.approved,
      exported: parcels.exported + later.exported,
      sent: parcels.sent + later.sent,
      badLines: parcels.badLines + later.badLines,
    },
    coupons,
    exports: await exportAll(season),
    proof: await prove(season),
  };
}

/** Codes that machines were shown are burnt: as many more, for those who come after them. */
async function orderMissingCodes({ town }: Season): Promise<void> {
  const { settlement, tickets, prizes, campaigns } = town.services;
  const content = contentOf(await campaigns.row(quizId));
  for (const wait of await settlement.waits(quizId)) {
    const prize = content.prizes.find(({ id }) => wait.for === 'codes' && id === wait.prize);
    if (wait.for !== 'codes' || !prize) continue;
    const more = Array.from({ length: wait.missing }, (_, i) => `MORE-${wait.prize}-${i}`);
    prize.codes = (await tickets.addCodes({ campaign: quizId, prize: prize.id }, more, prize.codes)).codes;
  }
  const takenBy = () => undefined;
  if ((await campaigns.propose({ content, by: 'ann', takenBy })).length > 0)
    await campaigns.approve({ id: quizId, by: 'ben', takenBy });
  // At once, as the sweeper does within seconds.
  await prizes.awards.sweep({ undoneMs: -1_000 });
  await town.settled();
}

/** Somebody looks at those who are held, and at the farm that a fan has told of. */
async function lookAtHeld({ town, people }: Season, someAreHeld: boolean): Promise<Review> {
  const { settlement } = town.services;
  const review: Review = { machines: [], byMistake: [], rejected: [], byHand: [] };
  const byPid = new Map<string, Person>();
  for (const her of people) byPid.set(await town.pidOf(her.name), her);
  const held = someAreHeld ? await settlement.held(quizId, 'held') : [];
  for (const { pid } of held) {
    const her = byPid.get(pid);
    if (!her) throw new Error(`${pid} is held and is none of ours`);
    const asked = { campaign: quizId, pid, by: 'ann' };
    if (isMachine(her.habit)) {
      review.machines.push(her.name);
      review.rejected.push(her.name);
      await settlement.reject({ ...asked, reason: '機器作答' });
    } else {
      review.byMistake.push(her.name);
      await settlement.release({ ...asked, reason: '看過了，是本人' });
    }
  }
  for (const [pid, her] of byPid) {
    if (her.habit !== 'farm' || review.rejected.includes(her.name)) continue;
    const asked = { campaign: quizId, pid, by: 'ann', reason: '有人舉報：一人多號' };
    await settlement.hold(asked);
    await settlement.reject(asked);
    review.byHand.push(her.name);
    review.rejected.push(her.name);
  }
  return review;
}

/** Some want to know their number before the value is known. */
async function asksForNumbers({ town, players, people }: Season): Promise<void> {
  people.slice(0, 40).forEach(({ name }, i) => players.comes(town.clock.now() + i * 500, name, ask('抽獎')));
  await players.play();
}
function* ask(says: string): Generator<Step, void, string> {
  yield { after: 0, says };
}

/** The proof as it is published, worked out again by the script that shares no code with the program. */
async function proven({ town, folder }: Season, id: string) {
  const proof = await town.services.draws.proof(id);
  const file = join(folder, `${id.replace('/', '-')}.json`);
  await writeFile(file, JSON.stringify(proof));
  const verified = await promisify(execFile)(process.execPath, [
    join(root, 'scripts/verify-draw.js'),
    file,
  ]).then(
    ({ stdout }) => !stdout.includes('✗'),
    () => false,
  );
  return { id, entries: proof.entries.length, verified };
}

/** Everybody looks at her prizes once more; who does so fills in where they should go. */
async function everybodyLooks({ town, players, people }: Season, day: number): Promise<void> {
  const from = Math.max(town.clock.now(), beijing(`${dayOf(day)} 12:00`));
  people.forEach((her, i) => players.comes(from + i * 20, her.name, looksAtPrizes(her)));
  await players.play();
}

/** To the courier and back: approved, exported, numbers imported, with one line that is nobody's. */
async function post({ town, folder }: Season, round: number) {
  const { exports, prizes } = town.services;
  const { approved } = await prizes.courier.approve({ campaign: quizId }, 'ann');
  const file = join(folder, `parcels-${round}.csv`);
  const { rows } = await exports.courier({ campaign: quizId, state: 'approved' }, courierColumns(), {
    format: 'csv',
    out: createWriteStream(file),
    by: 'ann',
  });
  const parcels = await readTable({ name: basename(file), bytes: await readFile(file) });
  const lines = parcels.rows.map(
    ({ cells }, i) => `${String(cells['訂單號'])},SF${round}${String(i).padStart(9, '0')}`,
  );
  const back = ['訂單號,運單號', ...lines, 'season/nothing/1,SF000000000'].join('\n');
  const table = await readTable({ name: 'back.csv', bytes: Buffer.from(back) });
  const { sent, problems } = await prizes.courier.readTracking(table, { by: 'ben', courier: '順豐' });
  await town.settled();
  return { approved, exported: rows, sent, badLines: problems.length };
}

/** Two of three show their coupons at a counter; a few try again. */
async function redeem({ town }: Season): Promise<Outcome['coupons']> {
  const codes = [...new Set(town.journal.flatMap(({ read }) => couponsIn(read)))];
  const outcome = { used: 0, again: 0, refused: 0 };
  for (const [i, code] of codes.entries()) {
    if (i % 3 === 0) continue;
    const who = { by: `店員${i % 9}`, at: '湖濱店' };
    if ((await town.services.prizes.redeem(code, who)).kind === 'used') outcome.used++;
    if (i % 10 !== 1) continue;
    outcome.again++;
    if ((await town.services.prizes.redeem(code, who)).kind !== 'used') outcome.refused++;
  }
  return outcome;
}

/** Winners and points, masked and full, as both kinds of file. */
async function exportAll({ town, folder }: Season): Promise<Outcome['exports']> {
  const { exports, played } = town.services;
  const done = { files: 0, rows: 0, leaks: 0 };
  for (const format of ['csv', 'xlsx'] as const)
    for (const full of [false, true]) {
      const fileOf = (what: string) => join(folder, `${what}-${full}.${format}`);
      const take = (what: string) => ({ format, full, by: 'ann', out: createWriteStream(fileOf(what)) });
      const winners = await exports.winners({ campaign: quizId }, take('winners'));
      const points = await exports.points(quizId, played.scores(quizId), take('points'));
      done.files += 2;
      done.rows += winners.rows + points.rows;
      if (format === 'csv' && !full)
        done.leaks += (await readFile(fileOf('winners'), 'utf8')).match(/138\d{8}/g)?.length ?? 0;
    }
  return done;
}

async function prove({ town }: Season): Promise<Outcome['proof']> {
  const { proof } = town.services;
  const { answers, differences } = await proof.replay(quizId);
  return { answers, replay: differences.length, audit: (await proof.audit(quizId)).length };
}
