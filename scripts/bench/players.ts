import { toSimplified } from '../../src/kit/text';
import { keyword, sample } from './quiz';

/** Who answers like this passes every level. */
const wrongEvery = 5;

export type Told = { answers: number; floors: number; highest: number };

/** The fans of the quiz: each answers what she was asked last, four times of five rightly. */
export function createPlayers() {
  const rightOf = new Map<string, string>();
  for (const { text, options, right } of sample().questions)
    for (const say of [String, toSimplified]) rightOf.set(say(text), say(options[right ?? 0] ?? ''));
  const asked = new Map<number, { right: string; wrong: string; answered: number }>();
  const floors = new Set<number>();
  let answers = 0;

  return {
    /** Half of them write Simplified, and are answered so. */
    says(fan: number): string {
      const now = asked.get(fan);
      if (!now) return fan % 2 === 0 ? keyword : toSimplified(keyword);
      return now.answered % wrongEvery === wrongEvery - 1 ? now.wrong : now.right;
    },
    /** @throws Error when it is not what a valid answer, or her first word, must bring: her floor, or her rank, and the next question */
    hears(fan: number, reply: string): void {
      const before = asked.get(fan);
      const floor = Number(/第 (\d+) [樓楼名]/.exec(reply)?.[1]);
      const lines = reply.split('\n');
      const at = lines.findIndex((line) => rightOf.has(line));
      const options = lines.slice(at + 1).filter((line) => /^[A-F]\. /.test(line));
      const right = options.find((line) => line.slice(3) === rightOf.get(lines[at] ?? ''));
      if (!right || (before && !floor)) throw new Error(`fan ${fan} was told: ${reply}`);
      if (before) {
        answers++;
        floors.add(floor);
      }
      const wrong = options.find((line) => line !== right) ?? right;
      const answered = before ? before.answered + 1 : 0;
      asked.set(fan, { right: right.charAt(0), wrong: wrong.charAt(0), answered });
    },
    told: (): Told => ({ answers, floors: floors.size, highest: Math.max(0, ...floors) }),
  };
}
