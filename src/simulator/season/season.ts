import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takenIn } from '../../domain/quiz/play/taken-by';
import { bringQuiz } from '../../domain/quiz/workbook/bring';
import { tellProblem } from '../../sheets/problems';
import { finish } from './after';
import { createChance } from './chance';
import { type Person, playsToday } from './habits';
import { judge } from './oracle';
import type { Played } from './page';
import { invent } from './people';
import { createPlayers, type Visit } from './players';
import { beijing, dayOf, firstDay, flashAt, quizId, seasonQuiz } from './quiz';
import { openTown, type Place, type Town } from './town';

const second = 1_000;
const minute = 60 * second;

export type SeasonOptions = Place & { fans: number; days: number; seed: string; say: (line: string) => void };

/** Plays a season, from the first draft of the quiz to the last parcel, and judges it. */
export async function runSeason({ fans, days, seed, say, ...place }: SeasonOptions): Promise<Played> {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1_000;
  const chance = createChance(seed);
  const people = invent(fans, chance.of('people'));
  const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-season-files-'));
  const town = await openTown(place, beijing(`${dayOf(-1)} 12:00`));
  try {
    const { prizes, answers } = await publish(town, people, { fans, days });
    const players = createPlayers({ town, chance: chance.of('copies') });
    for (let day = 0; day < days; day++) {
      comeToday(players, people, { day, days, answers });
      if (day === Math.floor(days / 2)) breakOff(town, players, day);
      await players.play();
      say(`Day ${day + 1} of ${days}: ${town.counts.callbacks} callbacks, ${since().toFixed(0)} s`);
    }
    const play = since();
    const outcome = await finish({ town, players, people, days, folder });
    say(`Settled, sent and proved: ${since().toFixed(0)} s`);
    const judged = await judge({ town, people, prizes, review: outcome.review });
    const { journal, counts } = town;
    return {
      people,
      days,
      seed,
      prizes,
      journal,
      counts,
      outcome,
      ...judged,
      seconds: { play, all: since() },
    };
  } finally {
    await town.close();
    rmSync(folder, { recursive: true });
  }
}

/** The whole town follows, the quiz is written, checked and published, and begins when its time comes. */
async function publish(town: Town, people: Person[], { fans, days }: { fans: number; days: number }) {
  const following = createPlayers({ town, chance: createChance('following') });
  people.forEach(({ name }, i) => following.comes(town.clock.now() + i * 10, name, follows()));
  await following.play();
  const staff = await Promise.all(
    people.filter(({ habit }) => habit === 'staff').map(({ name }) => town.pidOf(name)),
  );
  const { content, prizes, answers } = seasonQuiz({ fans, days, staff });
  const { services } = town;
  const takenBy = takenIn(town.rules);
  const file = { name: 'season.json', bytes: Buffer.from(JSON.stringify(content)) };
  const brought = await bringQuiz({ ...services, takenBy, by: 'marketer', file });
  if (brought.kind === 'refused') throw new Error(brought.problems.map((one) => tellProblem(one)).join('\n'));
  const { passed, findings } = await services.campaigns.check({ id: quizId, by: 'marketer', takenBy });
  if (!passed) throw new Error(findings.map(({ where, reason }) => `${where}: ${reason}`).join('\n'));
  await services.campaigns.start({ id: quizId, by: 'marketer', takenBy });
  await town.notice();
  await town.turnTo(beijing(`${firstDay} 09:00`) + second);
  return { prizes, answers };
}

function* follows(): Visit {
  yield { after: 0, follows: true };
}

type Today = Parameters<typeof playsToday>[1];

/** Most come for the 搶答題 of eight o'clock; some at noon, owls just before midnight. */
function comeToday(players: ReturnType<typeof createPlayers>, people: Person[], today: Today): void {
  const evening = flashAt(today.day);
  const noon = beijing(`${dayOf(today.day)} 12:00`);
  const midnight = beijing(`${dayOf(today.day + 1)} 00:00`);
  const last = today.day === today.days - 1;
  for (const her of people) {
    if (!comes(her, today)) continue;
    const at =
      her.habit === 'owl' && !last
        ? midnight - her.chance.between(20, 60) * second
        : her.habit === 'flasher'
          ? evening + her.chance.between(0, 4_000)
          : her.chance.is(0.05)
            ? noon + her.chance.between(0, 5 * minute)
            : evening + her.chance.between(0, minute);
    players.comes(at, her.name, playsToday(her, today));
  }
}

function comes({ habit, chance }: Person, { day, days }: Today): boolean {
  if (habit === 'quitter' && day > days / 2) return false;
  if (habit === 'timer' || habit === 'button' || habit === 'farm') return true;
  return chance.is(0.85);
}

/** Somebody finds a mistake in the middle of an evening: two minutes' pause. */
function breakOff(town: Town, players: ReturnType<typeof createPlayers>, day: number): void {
  const { campaigns } = town.services;
  players.at(flashAt(day) + 40 * second, async () => {
    await campaigns.pause({ id: quizId, by: 'marketer', reason: '一道題寫錯了' });
    await town.notice();
  });
  players.at(flashAt(day) + 2 * minute, async () => {
    await campaigns.resume({ id: quizId, by: 'marketer' });
    await town.notice();
  });
}
