import { AppError, messageOf } from '../errors';
import { monotonicMs } from './clock';

export type OutsideParams = Record<string, string | number | undefined>;

export type OutsideOptions = {
  /** What people call the service, for messages: `QWeather`. */
  name: string;
  /** The one host that is ever asked; a path in it is kept as a prefix. http or https, no user or query in it. */
  baseUrl: string;
  /** For a whole `get`, its one retry and reading the body included. A fan waits 4 s at most. */
  timeoutMs?: number;
  headers?: Record<string, string>;
  /** Bytes of the (unzipped) body that are read at most. */
  maxBytes?: number;
  /** Calls under way at once; one more is refused at once instead of waiting. */
  maxInFlight?: number;
  /** Opens after this many failures in a row; one probe after `pauseMs`, which doubles up to `maxPauseMs`. */
  breaker?: { failures?: number; pauseMs?: number; maxPauseMs?: number };
  /** Pause before the one retry: half of it fixed, half random. */
  retryPauseMs?: number;
  /** Monotonic, ms. */
  now?: () => number;
  fetch?: typeof fetch;
};

/** `details` of an `outside.status` error: what the service said, so that its client can say it better. */
export type StatusDetails = { status: number; body?: unknown };

export type Outside = ReturnType<typeof createOutside>;

/**
 * A client for one outside service: it answers questions (GET → JSON), or does something (POST, JSON both ways).
 *
 * It asks the one host it was made for and never follows a redirect (promises W11); every wait has a bound, the
 * body a size. What goes wrong is one `AppError('Upstream', 'outside.…')` whose message never holds the query,
 * where keys and places stand. After failures in a row it stops asking for a while (breaker), so that a dead
 * service costs a fan nothing.
 */
export function createOutside(options: OutsideOptions) {
  const {
    name,
    headers = {},
    timeoutMs = 2500,
    maxBytes = 1_000_000,
    maxInFlight = 32,
    retryPauseMs = 150,
  } = options;
  const { now = monotonicMs, fetch: ask = fetch } = options;
  const base = readBase(name, options.baseUrl);
  const breaker = createBreaker({ ...options.breaker, now });
  let inFlight = 0;

  /**
   * The parsed JSON of `path` (beginning with `/`). Parameters that are undefined are left out.
   * Errors, all `Upstream`: `outside.paused`, `.busy`, `.timeout`, `.unreachable`, `.redirected`, `.status` (with
   * `StatusDetails`), `.too-big`, `.unreadable`.
   */
  const get = (path: string, params: OutsideParams = {}): Promise<unknown> =>
    guarded(() => withOneRetry(urlOf(path, params)));

  /**
   * The parsed JSON of what `path` answers to `body`, sent as it is. Never tried again: it may have been done, whatever
   * became of the answer. Errors as those of `get`.
   */
  const post = (path: string, body: string, more: Record<string, string> = {}): Promise<unknown> =>
    guarded(() =>
      once(urlOf(path, {}), AbortSignal.timeout(timeoutMs), { method: 'POST', body, headers: more }),
    );

  async function guarded(call: () => Promise<unknown>): Promise<unknown> {
    if (inFlight >= maxInFlight)
      throw problem('busy', `${name}: ${maxInFlight} calls are under way already; try again shortly`);
    const pausedMs = breaker.enter();
    if (pausedMs > 0)
      throw problem(
        'paused',
        `${name} is not asked for another ${Math.ceil(pausedMs / 1000)} s, after failures`,
      );
    inFlight += 1;
    try {
      const body = await call();
      breaker.succeeded();
      return body;
    } catch (err) {
      if (isOurFault(err)) breaker.succeeded();
      else breaker.failed();
      throw err;
    } finally {
      inFlight -= 1;
    }
  }

  async function withOneRetry(url: URL): Promise<unknown> {
    const startedAt = now();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await once(url, signal);
    } catch (err) {
      // Not when most of the time is gone: the second try could only fail as well, later.
      if (!isPassing(err) || now() - startedAt > timeoutMs / 2) throw err;
      await pause(retryPauseMs / 2 + (Math.random() * retryPauseMs) / 2, signal);
      if (signal.aborted) throw err;
      return once(url, signal);
    }
  }

  async function once(
    url: URL,
    signal: AbortSignal,
    how: { method: string; body?: string; headers?: Record<string, string> } = { method: 'GET' },
  ): Promise<unknown> {
    try {
      // `manual` hands us the 3xx itself (nothing is followed), so that it can be told from a broken connection.
      const response = await ask(url, {
        ...how,
        signal,
        redirect: 'manual',
        headers: { accept: 'application/json', ...headers, ...how.headers },
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw problem(
          'redirected',
          `${name} answered ${url.pathname} with a redirect, which is never followed; check its address in the settings`,
        );
      }
      const body = parse(await readCapped(response));
      if (!response.ok) {
        if (response.status === 429) breaker.holdFor(retryAfterMs(response));
        const details: StatusDetails = { status: response.status, ...(body === undefined ? {} : { body }) };
        throw problem('status', `${name} answered HTTP ${response.status} to ${url.pathname}`, { details });
      }
      if (body === undefined)
        throw problem('unreadable', `${name} answered ${url.pathname} with something that is not JSON`);
      return body;
    } catch (err) {
      if (err instanceof AppError) throw err;
      if (signal.aborted)
        throw problem('timeout', `${name} did not answer ${url.pathname} within ${timeoutMs} ms`);
      throw problem('unreachable', `${name} cannot be reached (${url.host}): ${reasonOf(err)}`);
    }
  }

  /** Counts what is read after unzipping, and stops the connection at the cap. */
  async function readCapped(response: Response): Promise<string> {
    const tooBig = () =>
      problem('too-big', `${name} answered more than ${maxBytes} bytes; nothing of it was used`);
    if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
      await response.body?.cancel();
      throw tooBig();
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    // Leaving the loop by an error cancels the stream.
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooBig();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  function urlOf(path: string, params: OutsideParams): URL {
    const url = new URL(`${base.origin}${base.pathname.replace(/\/$/, '')}${path}`);
    if (!path.startsWith('/') || url.origin !== base.origin)
      throw new Error(`${name}: «${path}» leaves ${base.origin}`);
    for (const [key, value] of Object.entries(params))
      if (value !== undefined) url.searchParams.set(key, String(value));
    return url;
  }

  return {
    get,
    post,
    /** Asks nothing for so long: for a service that says itself how long it wants to be left alone. */
    holdFor: (ms: number) => breaker.holdFor(ms),
    /** For readiness pages and metrics. */
    state: () => breaker.state(),
  };
}

/** fetch says only "fetch failed"; why stands in its cause. */
function reasonOf(err: unknown): string {
  const cause: unknown = typeof err === 'object' && err !== null && 'cause' in err ? err.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return messageOf(cause ?? err);
}

const problem = (code: string, message: string, more: { details?: unknown } = {}) =>
  new AppError('Upstream', `outside.${code}`, message, more);

/** What the service said with an HTTP error; undefined for every other error. */
export const statusDetailsOf = (err: unknown): StatusDetails | undefined =>
  err instanceof AppError && err.code === 'outside.status' && isStatusDetails(err.details)
    ? err.details
    : undefined;

const isStatusDetails = (details: unknown): details is StatusDetails =>
  typeof details === 'object' && details !== null && 'status' in details;

const statusOf = (err: unknown): number | undefined => statusDetailsOf(err)?.status;

/** The question was wrong, not the service: no reason to stop asking it other things. */
const isOurFault = (err: unknown): boolean => [400, 404, 422].includes(statusOf(err) ?? 0);

/** Worth one more try: it may be a connection that was just being closed, or one bad machine behind their balancer. */
const isPassing = (err: unknown): boolean =>
  (err instanceof AppError && err.code === 'outside.unreachable') || (statusOf(err) ?? 0) >= 500;

/** What a 429 asks for, in seconds (a date is not worth reading): at least one second, at most ten minutes. */
function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 60);
  return Math.min(600, Math.max(1, Number.isFinite(seconds) ? seconds : 60)) * 1000;
}

function readBase(name: string, baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    throw new Error(`${name}: its address must be like https://api.example.com, without a user or a query`);
  }
  return url;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Ends early when the signal fires, without an error: the caller looks. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** closed → (failures in a row) → open → (pause over, one probe) → closed, or open again for twice as long. */
function createBreaker(options: {
  failures?: number;
  pauseMs?: number;
  maxPauseMs?: number;
  now: () => number;
}) {
  const { failures: limit = 5, pauseMs = 30_000, maxPauseMs = 300_000, now } = options;
  let inARow = 0;
  let pausesInARow = 0;
  let openUntil = 0;
  let heldUntil = 0;
  let probing = false;

  const isOpen = () => inARow >= limit;

  return {
    /** 0 when the call may go (and must be ended by `succeeded` or `failed`), else ms until it is worth asking. */
    enter(): number {
      const waitMs = Math.max(heldUntil, isOpen() ? openUntil : 0) - now();
      if (waitMs > 0) return waitMs;
      if (!isOpen()) return 0;
      if (probing) return 1000;
      probing = true;
      return 0;
    },
    succeeded() {
      inARow = 0;
      pausesInARow = 0;
      probing = false;
    },
    failed() {
      inARow += 1;
      // Calls that were under way when it opened must not lengthen the pause.
      if (inARow === limit || probing) {
        openUntil = now() + Math.min(maxPauseMs, pauseMs * 2 ** pausesInARow);
        pausesInARow += 1;
      }
      probing = false;
    },
    holdFor(ms: number) {
      heldUntil = Math.max(heldUntil, now() + ms);
    },
    state: (): 'closed' | 'open' => (now() < heldUntil || isOpen() ? 'open' : 'closed'),
  };
}
