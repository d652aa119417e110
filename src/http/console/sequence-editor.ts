import { z } from 'zod';
import { classNames } from '../../domain/pushes/push';
import { emptyWay } from '../../domain/pushes/push-form';
import { onceNames } from '../../domain/pushes/sequences/sequence';
import {
  emptyStep,
  type SequenceForm,
  type StepRow,
  wayLetters,
} from '../../domain/pushes/sequences/sequence-form';
import { AppError } from '../../errors';
import { type Visit } from './console';
import { line, lines, rows } from './form';
import { field } from './parts';
import { audienceOptions } from './push-views';
import { plainRow, wayIn, wayOf } from './ways';

export const formAsked = z.object({
  id: line(60, 0).default(''),
  name: line(200, 0).default(''),
  class: line(20, 0).default('marketing'),
  enters: line(200, 0).default(''),
  sentence: lines(2_000).default(''),
  once: line(10, 0).default('ever'),
  steps: rows(plainRow, 12),
});
export type FormAsked = z.infer<typeof formAsked>;
const word = (row: Record<string, unknown>, name: string): string =>
  typeof row[name] === 'string' ? row[name].slice(0, 5_000) : '';

function stepIn(row: Record<string, unknown>): StepRow {
  const blank = emptyStep();
  const own = (name: Exclude<keyof StepRow, 'ways'>) =>
    row[name] === undefined ? blank[name] : word(row, name);
  return {
    after: word(row, 'after'),
    unit: /^[mhd]$/.test(word(row, 'unit')) ? word(row, 'unit') : 'd',
    at: word(row, 'at'),
    if: word(row, 'if'),
    stop: word(row, 'stop'),
    class: word(row, 'class'),
    quietFrom: own('quietFrom'),
    quietTo: own('quietTo'),
    capMost: own('capMost'),
    capDays: own('capDays'),
    ways: wayLetters.flatMap((letter) => {
      const way = wayIn(row, letter);
      return way ? [{ ...way, letter }] : [];
    }),
  };
}
export const formIn = (asked: FormAsked): SequenceForm => ({
  ...asked,
  enters: asked.enters === '' ? asked.sentence.trim() : asked.enters,
  steps: asked.steps.map(stepIn),
});
export const refused = (fields: Record<string, string>, { enters }: FormAsked): AppError =>
  new AppError('Invalid', 'sequence.form', `有 ${Object.keys(fields).length} 處要改，標在旁邊了。`, {
    details: {
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, message]) => [
          name === 'enters' && enters === '' ? 'sentence' : name,
          message,
        ]),
      ),
    },
  });

const stepOf = (step: StepRow, n: number | 'NEW') => {
  const base = `steps.${n}.`;
  const f = (name: Exclude<keyof StepRow, 'ways'>, label: string, more: object = {}) =>
    field({ name: base + name, label, kind: 'text', value: step[name], ...more });
  return {
    after: f('after', '等多久', { kind: 'number' }),
    unit: f('unit', '單位', {
      kind: 'select',
      options: [
        { value: 'm', label: '分鐘' },
        { value: 'h', label: '小時' },
        { value: 'd', label: '天' },
      ],
    }),
    at: f('at', '等到幾點', { placeholder: '09:00', help: '可以不寫' }),
    if: f('if', '那一刻還要合', { kind: 'lines', help: '一句條件，不合就跳過這一步；可以不寫' }),
    stop: f('stop', '那一刻合了就退出', { kind: 'lines', help: '可以不寫' }),
    class: f('class', '類別', {
      kind: 'select',
      options: [
        { value: '', label: '和序列一樣' },
        ...Object.entries(classNames).map(([value, label]) => ({ value, label })),
      ],
    }),
    quietFrom: f('quietFrom', '免打擾從'),
    quietTo: f('quietTo', '到'),
    capMost: f('capMost', '一個人最多收幾次', { kind: 'number' }),
    capDays: f('capDays', '幾天裡', { kind: 'number' }),
    first: wayOf(step.ways[0] ?? emptyWay(), `${base}a`, { versions: false }),
    more: wayLetters.slice(1).map((letter, i) => ({
      open: step.ways[i + 1] !== undefined,
      n: i + 2,
      way: wayOf(step.ways[i + 1] ?? { what: '', variant: '', share: '' }, base + letter, {
        versions: false,
        maybe: true,
      }),
    })),
  };
};

export async function editorOf(
  { services }: Visit,
  form: SequenceForm,
  about: { to: string; title: string; draft: string; base: string; isNew: boolean },
) {
  const options = (await audienceOptions(services)).filter(({ value }) => value !== '所有人');
  const isRule = !options.some(({ value }) => value === form.enters && value !== '');
  return {
    ...about,
    f: {
      id: field({
        name: 'id',
        label: '編號',
        kind: about.isNew ? 'text' : 'hidden',
        value: form.id,
        required: true,
        most: 24,
        help: '小寫字母、數字、連字號；定了就不能改',
      }),
      name: field({
        name: 'name',
        label: '名稱',
        kind: 'text',
        value: form.name,
        required: true,
        most: 40,
        placeholder: '像：生日祝福',
      }),
      class: field({
        name: 'class',
        label: '類別',
        kind: 'radio',
        value: form.class,
        options: [
          { value: 'marketing', label: '營銷' },
          { value: 'service', label: '服務（通知、提醒）' },
        ],
      }),
      enters: field({
        name: 'enters',
        label: '誰進來',
        kind: 'select',
        value: isRule ? '' : form.enters,
        options,
      }),
      sentence: field({
        name: 'sentence',
        label: '規則',
        kind: 'lines',
        value: isRule ? form.enters : '',
        most: 2_000,
        placeholder: '像：今天生日',
        help: '寫窄一點：「今天生日」「停在第 2 關」「3 天內關注」',
      }),
      once: field({
        name: 'once',
        label: '一個人可以進來幾次',
        kind: 'radio',
        value: form.once,
        options: Object.entries(onceNames).map(([value, label]) => ({ value, label })),
      }),
    },
    steps: form.steps.map((step, n) => stepOf(step, n)),
    fresh: stepOf(emptyStep(), 'NEW'),
  };
}
