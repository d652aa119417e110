import { AppError } from '../../../errors';
import { monotonicMs } from '../../../kit/clock';
import type { QuizContent } from '../definition';
import { type OpenStage, openRehearsal, type Rehearsal } from './stage';

export type Line = { hers: boolean; text: string };
type Held = { quiz: string; rehearsal: Rehearsal; lines: Line[]; busy: Promise<unknown>; usedAt: number };

/** Each is a program of its own: few at once, and not for ever. */
const mostAtOnce = 3;
const idleMs = 15 * 60_000;
const mostLines = 200;

/** Rehearsals that go on over several requests: one for each person who plays, gone after a quarter of an hour without a word. */
export function createRehearsals({ open }: { open: OpenStage }) {
  const held = new Map<string, Held>();
  let opening = 0;
  let timer: NodeJS.Timeout | undefined;

  async function end(who: string): Promise<void> {
    const one = held.get(who);
    if (!one) return;
    held.delete(who);
    await one.busy.catch(() => {});
    await one.rehearsal.close();
  }

  function watch(): void {
    timer ??= setInterval(() => {
      for (const [who, { usedAt }] of held)
        if (monotonicMs() - usedAt > idleMs) void end(who).catch(() => {});
      if (held.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    }, 60_000).unref();
  }

  return {
    /** What was said so far; undefined: she is not rehearsing this quiz. */
    seen(who: string, quiz: string): { lines: Line[]; now: number } | undefined {
      const one = held.get(who);
      return one?.quiz === quiz ? { lines: one.lines, now: one.rehearsal.now() } : undefined;
    },

    /** From the beginning; what she rehearsed before is over. @throws AppError `TooMany` */
    async begin(who: string, content: QuizContent): Promise<void> {
      await end(who);
      if (held.size + opening >= mostAtOnce)
        throw new AppError(
          'TooMany',
          'rehearsal.full',
          `已經有 ${mostAtOnce} 個人在彩排，等一位結束再開（放著不動的 15 分鐘後自己結束）。`,
        );
      opening++;
      try {
        const rehearsal = await openRehearsal(content, open);
        const lines = [{ hers: false, text: rehearsal.welcome }];
        held.set(who, { quiz: content.id, rehearsal, lines, busy: Promise.resolve(), usedAt: monotonicMs() });
        watch();
      } finally {
        opening--;
      }
    },

    /** She says something, after what she said before was answered. */
    async says(who: string, quiz: string, text: string): Promise<void> {
      const one = held.get(who);
      if (one?.quiz !== quiz)
        throw new AppError('NotFound', 'rehearsal.over', '這場彩排已經結束了，請重新開始。');
      one.usedAt = monotonicMs();
      const turn = one.busy.then(async () => {
        const told = await one.rehearsal.says(text);
        one.lines.push({ hers: true, text }, { hers: false, text: told });
        one.lines.splice(0, Math.max(0, one.lines.length - mostLines));
      });
      one.busy = turn.catch(() => {});
      await turn;
    },

    end,
    async close(): Promise<void> {
      clearInterval(timer);
      await Promise.all([...held.keys()].map(end));
    },
  };
}

export type Rehearsals = ReturnType<typeof createRehearsals>;
