import type { Finding } from '../check';
import type { PushFiles } from '../files';
import { contentsOf, type WayRow, waysOf } from '../push-form';
import { keepPictures } from '../read-push-file';
import { type Definition, definition } from './sequence';

/** A step as a form has it. */
export type StepRow = {
  /** How long from the step before, in `unit`; 0: at once. */
  after: string;
  unit: string;
  at: string;
  if: string;
  stop: string;
  class: string;
  quietFrom: string;
  quietTo: string;
  capMost: string;
  capDays: string;
  ways: (WayRow & { letter: string })[];
};
export type SequenceForm = {
  id: string;
  name: string;
  class: string;
  enters: string;
  once: string;
  steps: StepRow[];
};

/** So many ways a step can have, each under a letter in the names of its fields: `steps.0.atext`. */
export const wayLetters = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

const blank = { from: '22:00', to: '08:00', most: '3', days: '7' };
export const emptyStep = (): StepRow => ({
  after: '1',
  unit: 'd',
  at: '',
  if: '',
  stop: '',
  class: '',
  quietFrom: blank.from,
  quietTo: blank.to,
  capMost: blank.most,
  capDays: blank.days,
  ways: [],
});

const number = (text: string) => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : text);
const given = (name: string, text: string) => (text.trim() === '' ? {} : { [name]: text.trim() });

/** A sequence out of a form, its pictures kept; or what is wrong, by field: `steps.0.after`. */
export async function readSequenceForm(
  form: SequenceForm,
  keep: PushFiles['keep'],
): Promise<{ sequence: Definition } | { fields: Record<string, string> }> {
  const fields: Record<string, string> = {};
  const contents = form.steps.map(({ ways }) => contentsOf(ways));
  const fieldOfWay = (step: number, at: string) => {
    const [way = '0', name = 'what'] = at.split('.');
    return `steps.${step}.${form.steps[step]?.ways[Number(way)]?.letter ?? 'a'}${name}`;
  };
  for (const [i, one] of contents.entries())
    for (const { at, message } of one.problems) fields[fieldOfWay(i, at)] ??= message;
  const json = {
    id: form.id.trim(),
    name: form.name,
    class: form.class,
    trigger: { enters: form.enters, once: form.once },
    steps: form.steps.map((step, i) => ({
      after: /^0*$/.test(step.after.trim()) ? '0' : `${step.after.trim()}${step.unit}`,
      ...given('at', step.at),
      ...given('if', step.if),
      ...given('stop', step.stop),
      ...given('class', step.class),
      routes: contents[i]?.routes,
      content: contents[i]?.json['content'],
      quiet: { from: step.quietFrom, to: step.quietTo },
      cap: { most: number(step.capMost), days: number(step.capDays) },
    })),
  };
  const read = definition.safeParse(json);
  if (!read.success)
    for (const { path, message, code } of read.error.issues) {
      const said = /\p{Script=Han}/u.test(message)
        ? message
        : code === 'too_big'
          ? '太長，或太大了'
          : '沒有寫，或寫法不對';
      const [first, step, ...rest] = path.map(String);
      const place = rest.join('.');
      const field =
        first !== 'steps' || step === undefined
          ? first === 'trigger'
            ? (step ?? 'enters')
            : (first ?? 'name')
          : (stepField[place] ?? undefined);
      if (field !== undefined && (first !== 'steps' || step === undefined)) fields[field] ??= said;
      else if (field !== undefined) fields[`steps.${step}.${field}`] ??= said;
      else fields[fieldOfWay(Number(step), contents[Number(step)]?.at(place) ?? '0.what')] ??= said;
    }
  else if (Object.keys(fields).length === 0)
    for (const [i, step] of read.data.steps.entries()) {
      const faults = await keepPictures(
        { content: step.content, variants: [] },
        {
          beside: async (name) => contents[i]?.pictures.find((one) => one.name === name)?.bytes,
          keep,
        },
      );
      for (const { path, message } of faults)
        fields[fieldOfWay(i, contents[i]?.at(path) ?? '0.picture')] ??= message.startsWith('旁邊沒有')
          ? '請選一張圖片'
          : message;
    }
  return read.success && Object.keys(fields).length === 0 ? { sequence: read.data } : { fields };
}

const stepField: Record<string, string> = {
  after: 'after',
  at: 'at',
  if: 'if',
  stop: 'stop',
  class: 'class',
  routes: 'awhat',
  'quiet.from': 'quietFrom',
  'quiet.to': 'quietTo',
  'cap.most': 'capMost',
  'cap.days': 'capDays',
};

/** Which field a finding is about. */
export function fieldOfStepFinding({ place, message }: Finding): string {
  if (place === '誰進來') return 'enters';
  const [, n = '1', rest = ''] = /^第 (\d+) 步(.*)$/.exec(place) ?? [];
  const step = `steps.${Number(n) - 1}`;
  if (rest === '的條件') return `${step}.if`;
  if (rest === '的退出條件') return `${step}.stop`;
  if (/安靜時段/.test(message)) return `${step}.at`;
  return `${step}.awhat`;
}

/** A sequence as its form shows it. */
export function sequenceFormOf(sequence: Definition): SequenceForm {
  return {
    id: sequence.id,
    name: sequence.name,
    class: sequence.class,
    enters: sequence.trigger.enters,
    once: sequence.trigger.once,
    steps: sequence.steps.map((step) => ({
      after: step.after === '0' ? '0' : step.after.slice(0, -1),
      unit: step.after === '0' ? 'm' : step.after.slice(-1),
      at: step.at ?? '',
      if: step.if ?? '',
      stop: step.stop ?? '',
      class: step.class ?? '',
      quietFrom: step.quiet.from,
      quietTo: step.quiet.to,
      capMost: String(step.cap.most),
      capDays: String(step.cap.days),
      ways: waysOf(step.content, step.routes).map((row, i) => ({
        ...row,
        letter: wayLetters[i] ?? 'f',
      })),
    })),
  };
}
