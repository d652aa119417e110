import type { Clock } from '../kit/clock';
import { fold } from '../kit/text';
import type { Render } from '../render/render';
import type { Fields, Form, Said } from './bot';
import type { Rules } from './rules';
import type { Turn } from './turn';

/** A form that a handler file declares, or one that is kept as data, by its name. */
export type FormOf = (name: string) => Form<Fields> | undefined;

/** The fields of the open form, asked one at a time; what she answered lies in the talk. */
export function createForms(given: {
  rules: Pick<Rules, 'exact'>;
  formOf: FormOf;
  render: Render;
  clock: Clock;
  /** Runs a form that is filled in. */
  finish: (turn: Turn, form: Form<Fields>, answers: Record<string, unknown>) => Promise<Said> | Said;
}) {
  const { rules, formOf, render, clock, finish } = given;

  function open(turn: Turn, form: Form<Fields>): string {
    const [first = ''] = Object.keys(form.fields);
    turn.talk.form = { name: form.name, field: first, answers: {}, at: clock.now() };
    return form.fields[first]?.question ?? '';
  }

  /** What the open form makes of the message; `undefined` leaves it to the rules. */
  function answer(turn: Turn): Promise<Said> | Said {
    const { message, talk } = turn;
    const kept = talk.form;
    const form = kept && formOf(kept.name);
    const field = form?.fields[kept?.field ?? ''];
    if (!kept || !form || !field) return undefined;
    const by = `form:${form.name}`;
    const said = message.kind === 'text' ? fold(message.content) : '';
    if (said === '取消') {
      delete talk.form;
      turn.by = by;
      return render('form-cancelled');
    }
    if (said === '继续') {
      turn.by = by;
      return field.question;
    }
    turn.aside = field.short;
    if (field.open && message.kind === 'text' && rules.exact(message.content)) return undefined;
    const read = field.read(message, clock.now());
    if (!read) return undefined;
    turn.aside = undefined;
    turn.by = by;
    return 'no' in read ? read.no : goOn(turn, form, { ...kept.answers, [kept.field]: read.value });
  }

  function goOn(turn: Turn, form: Form<Fields>, answers: Record<string, unknown>): Promise<Said> | Said {
    const next = Object.keys(form.fields).find((name) => !(name in answers));
    if (next === undefined) {
      delete turn.talk.form;
      return finish(turn, form, answers);
    }
    turn.talk.form = { name: form.name, field: next, answers, at: clock.now() };
    return form.fields[next]?.question;
  }

  return { open, answer };
}

export type Forms = ReturnType<typeof createForms>;
