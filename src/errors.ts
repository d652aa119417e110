/** Kinds by who must act: the caller (4xx), or somebody else's service (502). */
const statusOf = {
  Invalid: 400,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  TooMany: 429,
  Upstream: 502,
} as const;

export type ErrorKind = keyof typeof statusOf;

/**
 * An error that somebody can act on. The message says what, which, and what to do.
 * `expose` means that the message may be shown to the caller.
 */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number;
  readonly expose: boolean;
  readonly details: unknown;
  /** Who reads the message as it stands. */
  readonly for: 'operator' | 'fan';
  /** Not now: whoever asked should ask again, and finds what was done, if anything was. Never said to a fan. */
  readonly again: boolean;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    more: { details?: unknown; cause?: unknown; again?: true; for?: 'fan' } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.status = statusOf[kind];
    this.expose = kind !== 'Upstream';
    this.details = more.details;
    this.for = more.for ?? 'operator';
    this.again = more.again ?? false;
  }
}

/**
 * The fault lies in the moment, not in what was asked: nobody answered in time, or there was no room. The same will do
 * later, however often it failed before.
 */
export const willPass = (thrown: unknown): boolean =>
  thrown instanceof AppError
    ? thrown.again
    : thrown instanceof Error &&
      /^Mongo.*(Network|Timeout|Pool|Selection|Topology|NotConnected|ClientClosed)/.test(thrown.name);

/** The message of anything that was thrown, for a log line or a sentence. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
