import type { Clock } from '../kit/clock';
import { fold } from '../kit/text';
import type { Render } from '../render/render';
import type { Fields, Form, Said } from './bot';
import type { Turn } from './turn';
import { halfOf, setAside, stopWaiting } from './waiting';

/** A form that a handler file declares, or one that is kept as data, by its name. */
export type FormOf = (turn: Turn, name: string) => Form<Fields> | undefined;

/** The fields of the open form, asked one at a time; what she answered lies in the talk. */
export function createForms(given: {
  /** Whether a text is a command of somebody's: a keyword, 「改名 小林」, a campaign's own word. */
  isCommand: (turn: Turn, text: string) => boolean;
  formOf: FormOf;
  render: Render;
  clock: Clock;
  /** Runs a form that is filled in. */
  finish: (turn: Turn, form: Form<Fields>, answers: Record<string, unknown>) => Promise<Said> | Said;
}) {
  const { isCommand, formOf, render, clock, finish } = given;

  function open(turn: Turn, form: Form<Fields>): string {
    const { talk } = turn;
    // Asked for again it goes on where it was.
    const kept = halfOf(talk, form.name);
    const [first = ''] = Object.keys(form.fields);
    const { field, answers } = kept && form.fields[kept.field] ? kept : { field: first, answers: {} };
    if (talk.form?.name !== form.name) setAside(talk);
    stopWaiting(talk, form.name);
    talk.form = halfFilled(form, field, answers);
    turn.aside = undefined;
    return form.fields[field]?.question ?? '';
  }

  /** What the open form makes of the message; `undefined` leaves it to the rules. */
  function answer(turn: Turn): Promise<Said> | Said {
    const { message, talk } = turn;
    const kept = talk.form;
    const form = kept && formOf(turn, kept.name);
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
    if (field.open && message.kind === 'text' && isCommand(turn, message.content)) return undefined;
    const read = field.read(message, clock.now());
    if (!read) return undefined;
    turn.aside = undefined;
    turn.by = by;
    return 'no' in read ? read.no : goOn(turn, form, { ...kept.answers, [kept.field]: read.value });
  }

  function goOn(turn: Turn, form: Form<Fields>, answers: Record<string, unknown>): Promise<Said> | Said {
    const next = Object.entries(form.fields).find(
      ([name, { asked }]) => !Object.hasOwn(answers, name) && (asked?.(answers) ?? true),
    )?.[0];
    if (next === undefined) {
      delete turn.talk.form;
      return finish(turn, form, answers);
    }
    turn.talk.form = halfFilled(form, next, answers);
    return form.fields[next]?.question;
  }

  const halfFilled = ({ name, keeps }: Form<Fields>, field: string, answers: Record<string, unknown>) => ({
    name,
    field,
    answers,
    at: clock.now(),
    ...(keeps ? { keeps } : {}),
  });

  return { open, answer };
}

export type Forms = ReturnType<typeof createForms>;
