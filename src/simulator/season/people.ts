import type { Chance } from './chance';
import { type Habit, habits, type Person } from './habits';

/** So many people, in the proportions of `habits`: each habit has at least one, a farm at least six hands. */
export function invent(count: number, chance: Chance): Person[] {
  const people: Person[] = [];
  const add = (habit: Habit): void => {
    const name = `${habit}${people.length + 1}`;
    const own = chance.of(name);
    people.push({
      name,
      habit,
      chance: own,
      skill: own.between(30, 92) / 100,
      pace: own.between(5, 16),
      claims: own.is(0.7),
    });
  };
  for (const [habit, of1000] of Object.entries(habits) as [Habit, number][]) {
    const least = habit === 'farm' && count >= 100 ? 6 : habit === 'twin' ? 2 : 1;
    for (let n = Math.max(least, Math.round((of1000 * count) / 1_000)); n > 0; n--)
      if (habit !== 'honest') add(habit);
  }
  while (people.length < count) add('honest');
  return people;
}
