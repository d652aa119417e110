import { z } from 'zod';
import { type Definition } from '../../domain/pushes/push';
import { contentOfRow, emptyWay, type PushForm, type WayRow } from '../../domain/pushes/push-form';
import { AppError } from '../../errors';
import { type Visit } from './console';
import { line, lines, rows, several } from './form';
import { field } from './parts';
import { audienceOptions } from './push-views';
import { plainRow, wayIn, wayOf } from './ways';

/** Everything the editor asks for. The domain says what each may be; here only that it is text. */
export const formAsked = z.object({
  id: line(60, 0).default(''),
  name: line(200, 0).default(''),
  class: line(20, 0).default('marketing'),
  to: line(200, 0).default('所有人'),
  sentence: lines(2_000).default(''),
  except: several(line(60, 0)),
  when: z.enum(['now', 'moment', 'words']).default('now'),
  moment: line(40, 0).default(''),
  words: line(60, 0).default(''),
  quietFrom: line(10, 0).default('22:00'),
  quietTo: line(10, 0).default('08:00'),
  capMost: line(10, 0).default('3'),
  capDays: line(10, 0).default('7'),
  late: line(10, 0).default('ask'),
  ways: rows(plainRow, 40),
});
export type FormAsked = z.infer<typeof formAsked>;

export const waysIn = (asked: Pick<FormAsked, 'ways'>): WayRow[] =>
  asked.ways.flatMap((row) => wayIn(row) ?? []);
export const audienceIn = ({ to, sentence }: Pick<FormAsked, 'to' | 'sentence'>): string =>
  to === '' ? sentence.trim() : to;
export function formIn(asked: FormAsked): PushForm {
  const at = { now: '現在', moment: asked.moment.replace('T', ' '), words: asked.words }[asked.when];
  return { ...asked, to: audienceIn(asked), at, ways: waysIn(asked) };
}
/** At which field of the page it stands. */
export function placed(fields: Record<string, string>, asked: FormAsked): Record<string, string> {
  const named = Object.entries(fields).map(([name, message]) => {
    if (name === 'to' && asked.to === '') return ['sentence', message];
    if (name === 'at') return [asked.when === 'now' ? 'when' : asked.when, message];
    return [name, message];
  });
  return Object.fromEntries(named) as Record<string, string>;
}
export const refused = (fields: Record<string, string>): AppError =>
  new AppError('Invalid', 'push.form', `有 ${Object.keys(fields).length} 處要改，標在旁邊了。`, {
    details: { fields },
  });

/** The form of a push, new or there. */
export async function editorOf(
  visit: Visit,
  form: PushForm,
  about: { to: string; title: string; draft: string; base: string; isNew: boolean; again?: string },
) {
  const { services } = visit;
  const options = await audienceOptions(services);
  const isRule = !options.some(({ value }) => value === form.to);
  const isMoment = /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(form.at);
  const when = form.at === '現在' ? 'now' : isMoment ? 'moment' : 'words';
  const ways = form.ways.length > 0 ? form.ways : [emptyWay()];
  return {
    ...about,
    again: about.again ?? '',
    ways: ways.map((row, n) => wayOf(row, `ways.${n}.`, { versions: true })),
    fresh: wayOf(emptyWay('mass.text'), 'ways.NEW.', { versions: true }),
    segments: options
      .filter(({ value }) => value !== '' && value !== '所有人')
      .map((one) => ({ ...one, chosen: form.except.includes(one.value) })),
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
        help: '只有同事看得到',
        placeholder: '像：周末去哪裡',
      }),
      class: field({
        name: 'class',
        label: '類別',
        kind: 'radio',
        value: form.class,
        options: [
          { value: 'marketing', label: '營銷' },
          { value: 'service', label: '服務（結果、提醒、她要的東西）' },
        ],
      }),
      to: field({
        name: 'to',
        label: '發給誰',
        kind: 'select',
        value: isRule ? '' : form.to,
        options: options.map((one) => (one.value === '' && isRule ? { ...one, value: '' } : one)),
      }),
      sentence: field({
        name: 'sentence',
        label: '規則',
        kind: 'lines',
        value: isRule ? form.to : '',
        most: 2_000,
        placeholder: '像：14 天內來過，而且在杭州',
        help: '寫法和分群一樣',
      }),
      when: field({
        name: 'when',
        label: '什麼時候發',
        kind: 'radio',
        value: when,
        options: [
          { value: 'now', label: '批准了就發' },
          { value: 'moment', label: '定一個時間' },
          { value: 'words', label: '寫一句（像「國慶節 09:00」）' },
        ],
      }),
      moment: field({
        name: 'moment',
        label: '時間（北京）',
        kind: 'moment',
        value: isMoment ? form.at.replace(' ', 'T') : '',
      }),
      words: field({
        name: 'words',
        label: '時間',
        kind: 'text',
        value: when === 'words' ? form.at : '',
        most: 40,
        placeholder: '下週一 09:00',
      }),
      capMost: field({
        name: 'capMost',
        label: '一個人最多收幾次推送',
        kind: 'number',
        value: form.capMost,
        help: '連這一次；0 是不限，最多寫 10',
      }),
      capDays: field({
        name: 'capDays',
        label: '幾天裡',
        kind: 'number',
        value: form.capDays,
        help: '1 到 30',
      }),
      late: field({
        name: 'late',
        label: '萬一晚了半小時以上（程式停過）',
        kind: 'radio',
        value: form.late,
        options: [
          { value: 'ask', label: '先問人' },
          { value: 'send', label: '照發' },
        ],
      }),
      quietFrom: field({
        name: 'quietFrom',
        label: '免打擾從',
        kind: 'text',
        value: form.quietFrom,
        most: 5,
      }),
      quietTo: field({
        name: 'quietTo',
        label: '到',
        kind: 'text',
        value: form.quietTo,
        most: 5,
        help: '這段時間等著，過了再發；兩個寫成一樣就是不等',
      }),
    },
  };
}

/** A push to begin with. */
export const blankForm = (id: string): PushForm => ({
  id,
  name: '',
  class: 'marketing',
  to: '所有人',
  except: [],
  at: '現在',
  quietFrom: '22:00',
  quietTo: '08:00',
  capMost: '3',
  capDays: '7',
  late: 'ask',
  ways: [emptyWay()],
});

/** What is not whole yet of a form, as far as it can be shown: each row by itself. */
export function definitionSoFar(asked: FormAsked): Pick<Definition, 'content' | 'variants' | 'routes'> {
  const content: Record<string, unknown> = {};
  const variants = new Map<string, Definition['variants'][number]>();
  const routes: Definition['routes'] = [];
  for (const row of waysIn(asked)) {
    const route = row.what.split('.')[0] as Definition['routes'][number];
    if (!routes.includes(route)) routes.push(route);
    const own = contentOfRow(row);
    if (!own) continue;
    const name = row.variant.trim();
    if (name === '') content[route] ??= own[route];
    else {
      const share = Number.parseInt(row.share, 10) || 0;
      const one = variants.get(name) ?? { name, share, content: {} };
      variants.set(name, { ...one, share: one.share || share, content: { ...one.content, ...own } });
    }
  }
  return { content, variants: [...variants.values()], routes };
}

/** Whoever is to be looked over the shoulder of; '' : nobody in particular. */
export async function readerOf({ services }: Visit, who: string): Promise<string | undefined> {
  if (who === '') return undefined;
  const [known] = await services.subscribers.known([who]);
  if (known) return known.pid;
  const [pid] = await services.subscribers.here(await services.names.bearing(who));
  if (pid === undefined)
    throw new AppError('NotFound', 'push.whom', `不認得「${who}」：寫她的 pid，或「改名」起的名字。`);
  return pid;
}
