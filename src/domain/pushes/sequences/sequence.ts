import { z } from 'zod';
import type { Rule } from '../../segments/rule';
import type { LogEntry } from '../push';
import { type PushClass, definition as push } from '../push';

const sentence = z.string().trim().min(1).max(2_000);

/** Once in her life with us, once a Beijing day, once a year. */
export const onceNames = { ever: '一輩子一次', day: '每天一次', year: '每年一次' } as const;
export type Once = keyof typeof onceNames;

const step = z.strictObject({
  /** From the step before, or from coming in: `0`, `30m`, `24h`, `3d`. */
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,3}[mhd])$/, '等多久寫成 0、30m（分鐘）、24h（小時）或 3d（天）')
    .default('0'),
  /** Then at this Beijing time: that day, or the next where it has passed. */
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, '時間像 09:00')
    .optional(),
  /** She must be in this in that moment, else this step is left out for her. */
  if: sentence.optional(),
  /** Who is in this in that moment leaves the sequence. */
  stop: sentence.optional(),
  /** Another than the sequence's. */
  class: push.shape.class.optional(),
  routes: push.shape.routes,
  content: push.shape.content,
  quiet: push.shape.quiet,
  cap: push.shape.cap,
});
export type Step = z.infer<typeof step>;

/** A sequence as a marketer writes it, in JSON: somebody comes in, and steps follow, each with a wait, conditions and words. */
export const definition = z.strictObject({
  id: push.shape.id,
  name: push.shape.name,
  class: push.shape.class,
  trigger: z.strictObject({
    /** A segment's id, or a sentence: who is in it comes in. */
    enters: sentence,
    once: z.enum(Object.keys(onceNames) as [Once, ...Once[]]),
  }),
  steps: z.array(step).min(1).max(12),
});
export type Definition = z.infer<typeof definition>;

export const stateNames = { draft: '草稿', on: '進行中', off: '已停止' } as const;
export type SequenceState = keyof typeof stateNames;

/** `sequences{_id}`. Of what is in it only `sequenceVersions` know: those stay as they are. */
export type SequenceRow = {
  _id: string;
  name: string;
  state: SequenceState;
  /** The newest. */
  version: number;
  /** The one that newcomers go by; who is inside goes on by the one she came in under. */
  live?: number;
  /** Who wrote the newest. */
  by: string;
  changedAt: Date;
  /** Who is inside goes, as they are met. */
  letGo?: true;
  /** The last look for newcomers: when it began, how many were in the segment, how many were new. */
  look?: { at: Date; met: number; came: number };
  log: LogEntry[];
};

/** `sequenceVersions{_id: '<sequence>/<n>'}`. `rules`: what its sentences meant when it was started, with all segments spelt out. */
export type Version = {
  _id: string;
  sequence: string;
  version: number;
  definition: Definition;
  rules?: { enters: Rule; steps: { if?: Rule; stop?: Rule }[] };
  by: string;
  at: Date;
};

/** Which of her occurrences a moment belongs to. `day` is a Beijing day. */
export const occurrenceOf = (once: Once, day: string): string =>
  ({ ever: 'ever', day, year: day.slice(0, 4) })[once];

export const classOf = ({ class: all }: Definition, { class: own }: Step): PushClass => own ?? all;

/**
 * The growing push of a step. She gets a push once, so each occurrence has its own; and each month, because of a push is forgotten
 * what is older than half a year from its beginning on.
 */
export const pushIdOf = (
  { _id, sequence }: Pick<Version, '_id' | 'sequence'>,
  run: { step: number; occurrence: string; month: string },
): string => `${sequence}.${_id.slice(sequence.length + 1)}.${run.step + 1}.${run.occurrence}.${run.month}`;

/** Which version and step a push is of. */
export function readPushId(id: string): { version: number; step: number } {
  const [, version = '', step = ''] = id.split('.');
  return { version: Number(version), step: Number(step) - 1 };
}
