import { z } from 'zod';

const failure = z.union([
  z.object({ errcode: z.number().int() }),
  z.object({ status: z.number().int().min(400).max(599) }),
  z.object({ reset: z.literal(true) }),
]);

/** How one address of the fake WeChat misbehaves. */
export const knobShape = z.strictObject({
  /** `/cgi-bin/…`, or `*` for every call. */
  path: z.string().regex(/^(\*|\/)/),
  /** Waits before anything else. */
  latencyMs: z.number().int().min(0).max(120_000).optional(),
  /** Answers so without any effect. */
  failBefore: failure.optional(),
  /** The effect is recorded, then this is the answer: a reset connection, a status, an errcode. */
  failAfter: failure.optional(),
  /** `half`: the connection breaks in the middle of the answer; `slow`: its second half comes after 2 s. */
  body: z.enum(['half', 'slow']).optional(),
  /** For so many calls; without it until the knob is cleared. */
  times: z.number().int().positive().optional(),
});

export type Knob = z.infer<typeof knobShape>;
export type Failure = z.infer<typeof failure>;

/** Faults to switch on, by path. A knob for a path comes before one for `*`; the last one set counts first. */
export function createKnobs() {
  let knobs: (Knob & { left: number })[] = [];
  return {
    set(knob: Knob) {
      knobs.unshift({ ...knob, left: knob.times ?? Infinity });
    },
    /** The fault for this call, used up by one. */
    take(path: string): Knob | undefined {
      const knob = knobs.find((one) => one.path === path) ?? knobs.find((one) => one.path === '*');
      if (!knob) return undefined;
      knob.left--;
      if (knob.left <= 0) knobs = knobs.filter((one) => one !== knob);
      return knob;
    },
    clear: (path?: string) => {
      knobs = path === undefined ? [] : knobs.filter((one) => one.path !== path);
    },
    list: (): Knob[] => knobs.map(({ left: _, ...knob }) => knob),
  };
}

export type Knobs = ReturnType<typeof createKnobs>;
