import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Tasks } from '../domain/tasks/tasks';
import { AppError } from '../errors';
import { monotonicMs } from '../kit/clock';
import type { AnyTask } from '../kit/define-task';
import { randomId } from '../kit/ids';
import type { Log } from '../kit/log';

/** Runs long work, one piece at a time in a process: whatever else this process does must go on beside it. */
export function createTaskRunner<Services>(given: {
  tasks: Tasks;
  /** By name. */
  known: ReadonlyMap<string, AnyTask<Services>>;
  services: Services;
  log: Log;
}) {
  const { tasks, known, services, log } = given;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<boolean> | undefined;
  let stopping = false;

  /** @returns whether there was one */
  async function runNext(): Promise<boolean> {
    const next = await tasks.take();
    if (!next) return false;
    const { id, epoch, by } = next;
    const task = known.get(next.name);
    let file: (Writable & { size(): number }) | undefined;
    let told: { name: string; type: string } | undefined;
    let toldAt = 0;
    // Also while one step takes long.
    const alive = setInterval(() => void tasks.keep(id, epoch, {}).catch(() => {}), 10_000);
    try {
      if (!task) throw new AppError('NotFound', 'tasks.kind', `這個版本不認得「${next.name}」這種工作。`);
      const result = await task.run(services, task.input.parse(next.input), {
        by,
        async progress(at) {
          if (stopping) throw new Stopped();
          // A few times a second is all that anybody sees.
          if (monotonicMs() - toldAt < 250 && at.done !== at.total) return;
          toldAt = monotonicMs();
          if (!(await tasks.keep(id, epoch, at))) throw new Stopped();
        },
        file(name, type) {
          told = { name, type };
          return (file = tasks.fileOf(id, epoch));
        },
      });
      if (file && !file.writableEnded) file.end();
      if (file) await finished(file);
      const made = file && told ? { file: { ...told, size: file.size() } } : {};
      await tasks.end(id, epoch, { ...result, ...made });
    } catch (err) {
      // Its lease runs out, and it is begun again by who comes next.
      if (err instanceof Stopped) return true;
      if (err instanceof AppError && err.expose) await tasks.end(id, epoch, { why: err.message });
      else {
        const ref = randomId(6);
        log.error({ err, ref, task: next.name }, 'a task failed');
        await tasks.end(id, epoch, { why: `出了點問題，編號 ${ref}；運維可以在日誌裡查到。` });
      }
    } finally {
      clearInterval(alive);
    }
    return true;
  }

  const look = (): void => {
    running = runNext().catch((err: unknown) => {
      log.warn({ err }, 'tasks could not be looked for');
      return false;
    });
    void running.then((some) => {
      if (!stopping) timer = setTimeout(look, some ? 0 : 1_000);
    });
  };

  return {
    start: look,
    /** Until nothing waits. */
    async drain(): Promise<void> {
      do await running;
      while (await runNext());
    },
    async close(): Promise<void> {
      stopping = true;
      clearTimeout(timer);
      await running;
    },
  };
}

class Stopped extends Error {}
