import { createHash } from 'node:crypto';
import type { Clock } from '../../kit/clock';
import type { Pacer } from '../../kit/pacer';
import type { Script } from '../../kit/text';
import type { ReachLedger } from '../reach/reach';
import type { Deliveries, Taken } from './deliveries';
import type { Gate, Slots } from './gate';
import type { Meter } from './meter';
import type { PushRow, RouteName } from './push';
import type { AnyRoute, Moment, Standing } from './routes/route';

/** Somebody of the audience who is here. */
export type Here = { pid: string; fan: string; script: Script };

/** What sending needs of the house. */
export type Sending = {
  deliveries: Deliveries;
  reach: ReachLedger;
  clock: Clock;
  routes: ReadonlyMap<RouteName, AnyRoute>;
  /** Those of the pids that are somebody's now. */
  here: (pids: string[]) => Promise<Here[]>;
  /** The openids of those of them who are still here: asked in the moment before each call. */
  openids: (pids: string[]) => Promise<Map<string, string>>;
  /** Consents that a route needs. */
  standing: (pids: string[]) => Promise<Map<string, Omit<Standing, 'reach'>>>;
  moment: () => Promise<Moment>;
  /** What the words' variables are for these people. */
  values: (people: readonly Here[], names: readonly string[]) => Promise<Map<string, Record<string, string>>>;
  /** The tracked link of the n-th address of a push, hers. */
  linkTo: (push: string, n: number, pid: string) => string;
  /** WeChat is out of order: nothing of this push goes out for a while. */
  brake: (push: string, said: { afterMs: number; reason: string }) => Promise<void>;
  /** One got through. */
  unbrake: (push: string) => Promise<void>;
  /** A piece of a braked push is over, and nobody in it could be asked: the next piece may be at once. */
  unasked: (chunk: Taken) => Promise<void>;
  /** Too much of it fails for one reason: it stops by itself. */
  trip: (push: string, why: string) => Promise<void>;
  /** Notices when a push fails for no reason of theirs; one for each push that this process sends. */
  meterOf: (push: string) => Meter;
  /** The media id under which WeChat has a picture now. */
  mediaId: (image: { mediaId: string } | { file: string }) => Promise<string>;
  gate: (push: string) => Promise<Gate>;
  slots: Slots;
  pacer: Pacer;
  /** Whether the lease of the piece is certainly ours. */
  holds: () => boolean;
  /** For so many people at a time it is looked up what they need, before their turn: what goes out within a second or so. */
  ahead: number;
};

export type Work = {
  house: Sending;
  chunk: Taken;
  push: PushRow;
  /** Of a braked push: until one call was made. */
  probe: boolean;
  asked: boolean;
  people: ReadonlyMap<string, Here>;
  moment: Moment;
  values: ReadonlyMap<string, Record<string, string>>;
};

/** Of one key; WeChat bears ten. */
export const mostTries = 6;

/** `client_msg_id`, `clientmsgid`: 22 characters. */
export const keyOf = (...parts: (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22);
