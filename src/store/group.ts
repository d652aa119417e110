import { AppError } from '../errors';
import { monotonicMs } from '../kit/clock';

export type GroupOptions<Row, Result> = {
  /** Writes (or reads) one group in one command; one result a row, in order. Throwing fails the whole group. */
  run: (rows: Row[]) => Promise<Result[]>;
  /** More waiting than this, or one waiting longer than `maxAgeMs`, and new rows are refused at once. */
  maxWaiting?: number;
  maxAgeMs?: number;
  /**
   * Least time between the starts of two groups: under load it makes few, full groups. Nobody waits for it after a
   * group of one (a lone fan is answered at once), nor when `full` rows wait.
   */
  breathMs?: number;
  /** The least time after a group of one. */
  aloneMs?: number;
  full?: number;
  maxGroup?: number;
  /** Told the size of each group, for the metrics. */
  onGroup?: (size: number) => void;
};

type Waiting<Row, Result> = {
  row: Row;
  since: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

/**
 * Group commit: one command in flight; what arrives meanwhile goes into the next. An awaited driver call costs
 * 250–450 µs of CPU whether it carries one row or sixty, so few and full groups are what makes a callback cheap.
 */
export function createGroup<Row, Result>(options: GroupOptions<Row, Result>) {
  const { run, maxWaiting = 2_000, maxAgeMs = 1_000, maxGroup = 500, onGroup } = options;
  const { breathMs = 25, aloneMs = 0, full = 128 } = options;
  let waiting: Waiting<Row, Result>[] = [];
  let running = false;
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let lastStart = -Infinity;
  let lastSize = 0;
  let idle: (() => void)[] = [];

  function add(row: Row): Promise<Result> {
    const now = monotonicMs();
    const oldest = waiting[0];
    if (waiting.length >= maxWaiting || (oldest && now - oldest.since > maxAgeMs))
      return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      waiting.push({ row, since: now, resolve, reject });
      schedule();
    });
  }

  function schedule(): void {
    if (running || waiting.length === 0) return;
    const wait = waiting.length < full ? lastStart + (lastSize > 1 ? breathMs : aloneMs) - monotonicMs() : 0;
    if (wait > 0) {
      timer ??= setTimeout(flush, wait);
      return;
    }
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    if (running) return;
    scheduled = false;
    clearTimeout(timer);
    timer = undefined;
    running = true;
    lastStart = monotonicMs();
    const group = takeFresh();
    lastSize = group.length;
    if (group.length === 0) return settle();
    onGroup?.(group.length);
    run(group.map((one) => one.row)).then(
      (results) => {
        group.forEach((one, i) => one.resolve(results[i] as Result));
        settle();
      },
      (error: unknown) => {
        for (const one of group) one.reject(error);
        settle();
      },
    );
  }

  function takeFresh(): Waiting<Row, Result>[] {
    const now = monotonicMs();
    const group: Waiting<Row, Result>[] = [];
    let taken = 0;
    for (const one of waiting) {
      if (group.length === maxGroup) break;
      taken++;
      if (now - one.since > maxAgeMs) one.reject(busy());
      else group.push(one);
    }
    waiting = waiting.slice(taken);
    return group;
  }

  function settle(): void {
    running = false;
    schedule();
    if (waiting.length === 0 && !running) {
      for (const done of idle) done();
      idle = [];
    }
  }

  return {
    add,
    /** Resolves when nothing waits or runs. */
    drained: (): Promise<void> =>
      running || waiting.length > 0 ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve(),
  };
}

export type Group<Row, Result> = ReturnType<typeof createGroup<Row, Result>>;

const busy = () =>
  new AppError(
    'Upstream',
    'store.busy',
    'The database does not keep up: too many rows wait. The sender should try again in a moment.',
    { again: true },
  );
