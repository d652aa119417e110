import { z } from 'zod';
import { defineTask } from '../../kit/define-task';

type Needs = {
  people: { rebuild(onStep: (done: number) => void): Promise<number>; count(): Promise<number> };
  stages: { run(how: { anew: boolean }): Promise<number> };
  cube: { keep(how: { anew: boolean }): Promise<void> };
  rfm: { keep(how: { anew: boolean }): Promise<void> };
  days: { keep(): Promise<void> };
};

/** What is done every night at 04:00, now: everybody laid flat, judged and counted. Returns how many were judged. */
export async function recountAll(
  { people, stages, cube, rfm, days }: Needs,
  onStep: (done: number) => void = () => {},
): Promise<number> {
  await people.rebuild(onStep);
  const judged = await stages.run({ anew: true });
  await cube.keep({ anew: true });
  await rfm.keep({ anew: true });
  await days.keep();
  return judged;
}

/** A page that shows what is counted. */
export const reportPage = z.string().regex(/^\/(reports|stages)[/a-z]*$/);

/** For who does not want to wait for the night. */
export const recountTask = defineTask({
  name: 'reports.recount',
  // Where she looks at it then.
  input: z.object({ href: reportPage }),
  title: () => '現在重數一次數據',
  async run(services: Needs, { href }, { progress }) {
    const total = await services.people.count();
    let told = Promise.resolve();
    let stopped: unknown;
    const judged = await recountAll(services, (done) => {
      told = told
        .then(() => progress({ done, total, text: '人整理好了，接著判斷階段、數總數' }))
        .catch((error: unknown) => void (stopped = error));
      if (stopped) throw stopped;
    });
    await told;
    return { text: `重數好了：判斷了 ${judged} 人。`, href };
  },
});
