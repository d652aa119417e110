import { z } from 'zod';

const failure = z.union([
  z.object({
    errcode: z.number().int(),
    /** What else stands in the answer: `fail_openid_list` …. */
    more: z.record(z.string(), z.unknown()).optional(),
  }),
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
  let active: { knob: Knob; left: number }[] = [];
  return {
    set(knob: Knob) {
      active.unshift({ knob, left: knob.times ?? Infinity });
    },
    /** The fault for this call, used up by one. */
    take(path: string): Knob | undefined {
      const found =
        active.find((one) => one.knob.path === path) ?? active.find((one) => one.knob.path === '*');
      if (!found) return undefined;
      found.left--;
      if (found.left <= 0) active = active.filter((one) => one !== found);
      return found.knob;
    },
    clear: (path?: string) => {
      active = path === undefined ? [] : active.filter((one) => one.knob.path !== path);
    },
    list: (): Knob[] => active.map((one) => one.knob),
  };
}

export type Knobs = ReturnType<typeof createKnobs>;
