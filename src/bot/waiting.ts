import type { HalfFilled, Talk } from '../domain/subscribers/talk';
import { dayMs } from '../kit/beijing';

const most = 3;
const keptMs = 30 * dayMs;

/** Closes the open form. One whose answers are kept waits to be gone on with; any other is forgotten. */
export function setAside(talk: Talk): void {
  if (!talk.form) return;
  const { keeps, ...half } = talk.form;
  delete talk.form;
  if (keeps) talk.waiting = [half, ...without(talk, half.name)].slice(0, most);
}

/** What is answered of a form, open or waiting. */
export const halfOf = (talk: Talk, name: string): HalfFilled | undefined =>
  talk.form?.name === name ? talk.form : talk.waiting?.find((one) => one.name === name);

export function stopWaiting(talk: Talk, name: string): void {
  if (talk.waiting) keep(talk, without(talk, name));
}

/** What nobody went on with for a month goes. */
export function forgetWaiting(talk: Talk, now: number): void {
  if (talk.waiting)
    keep(
      talk,
      talk.waiting.filter(({ at }) => now - at < keptMs),
    );
}

function keep(talk: Talk, waiting: HalfFilled[]): void {
  if (waiting.length > 0) talk.waiting = waiting;
  else delete talk.waiting;
}

const without = ({ waiting = [] }: Talk, name: string): HalfFilled[] =>
  waiting.filter((one) => one.name !== name);
