import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { createLineOut } from './line-out';
import { createLogFile } from './log-file';

export type Log = Logger;

/** Where all lines of this process go. */
export const stdout = createLineOut(1);
process.once('exit', () => stdout.flush());

/** Openids are personal: logs show the first characters only. */
export const shorten = (openid: string): string => `${openid.slice(0, 6)}…`;

/**
 * JSON lines. `error` means that someone must act. Secrets and openids are never logged whole: query strings
 * are cut from URLs, and an openid is logged through `shorten`.
 */
export function createLog(options: { level: string; name: string; to?: pino.DestinationStream }): Log {
  return pino(
    {
      name: options.name,
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'secret',
          'access_token',
          'token',
          'openid',
          'authorization',
          '*.secret',
          '*.access_token',
          '*.openid',
          '*.token',
        ],
        censor: '[hidden]',
      },
      serializers: { err: serializeError },
    },
    options.to ?? stdout,
  );
}

type Place = { ROLE: string; production: boolean; dataDir: string; LOG_LEVEL: string };

/** The log of a process: what `npm start` runs has a person before it; in production, or a role alone, programs read it. */
export function logOf({ ROLE, production, dataDir, LOG_LEVEL: level }: Place, name: string): Log {
  if (production || ROLE !== 'all') return createLog({ level, name });
  const to = createLogFile(join(dataDir, 'logs', `${name}.log`), stdout);
  process.once('exit', () => to.flush());
  return createLog({ level, name, to });
}

/** Errors of HTTP libraries carry whole URLs with tokens in them: keep what tells the cause, cut query strings. */
function serializeError(err: unknown): unknown {
  if (!(err instanceof Error)) return String(err);
  const { code, kind } = err as { code?: unknown; kind?: unknown };
  return {
    type: err.name,
    message: cutQueries(err.message),
    ...(code === undefined ? {} : { code }),
    ...(kind === undefined ? {} : { kind }),
    stack: err.stack && cutQueries(err.stack),
    ...(err.cause ? { cause: serializeError(err.cause) } : {}),
  };
}

const cutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1?…');
