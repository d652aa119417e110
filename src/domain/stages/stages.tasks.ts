import { z } from 'zod';
import { defineTask } from '../../kit/define-task';

type Step = (done: number) => void | Promise<void>;
type Needs = {
  people: { rebuild(onStep?: Step): Promise<number> };
  stages: { run(how: { anew: boolean }): Promise<number> };
  cube: { keep(how: { anew: boolean }): Promise<void> };
};

/** Works out everybody's flat row and stage now, and counts the day's cube again; else that is done at 04:00. @returns how many were judged */
export async function judgeEverybody({ people, stages, cube }: Needs, onStep?: Step): Promise<number> {
  await people.rebuild(onStep);
  const judged = await stages.run({ anew: true });
  await cube.keep({ anew: true });
  return judged;
}

export const judgeStages = defineTask({
  name: 'stages-judge',
  input: z.object({}),
  title: () => '重新判斷每個人的階段',
  async run(services: Needs, _, { progress }) {
    const judged = await judgeEverybody(services, (done) => progress({ done }));
    return { text: `已重新判斷 ${judged.toLocaleString('en')} 人。`, href: '/stages' };
  },
});
