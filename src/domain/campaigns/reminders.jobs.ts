import { z } from 'zod';
import type { Job } from '../../kit/job';
import { inScript } from '../../kit/text';

/** She said 「開賽提醒我」. */
export type QuizRemind = { quiz: string; pid: string };

const againAfterMs = 10 * 60_000;

/** The quiz has begun: tells her, once, if she is still here. */
export const quizRemind: Job<QuizRemind> = {
  data: z.object({ quiz: z.string(), pid: z.string() }),
  async run({ campaigns, subscribers, outbox, timers, clock, defaultScript }, { quiz: id, pid }) {
    if (campaigns.get(id)?.state === 'scheduled') {
      // Not told before it has begun. Its beginning makes this due at once; armed before we look, it cannot miss it.
      const dueAt = new Date(clock.now() + againAfterMs);
      const timer = { dueAt, job: 'quiz-remind', data: { quiz: id, pid } } as const;
      await timers.arm({ id: `quiz-remind:${id}:${pid}:${dueAt.getTime()}`, ...timer });
      await campaigns.load();
    }
    const quiz = campaigns.get(id);
    if (quiz?.state === 'scheduled') return;
    const her = await subscribers.byPid(pid);
    if (!quiz || !her || clock.now() > quiz.endsAt) return;
    const text = inScript(
      `「${quiz.title}」開賽了，回覆「${quiz.keywords[0]}」來答題。`,
      her.script ?? defaultScript,
    );
    await outbox.add({ id: `quiz-remind_${id}_${pid}`, fan: her.fan }, [
      { kind: 'tell', reply: { kind: 'text', text } },
    ]);
  },
};
