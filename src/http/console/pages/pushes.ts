import { z } from 'zod';
import { bringPush } from '../../../domain/pushes/bring';
import { type Definition, routeNames, routeWords, stateNames } from '../../../domain/pushes/push';
import { writePushBook } from '../../../domain/pushes/push-book';
import {
  contentOfRow,
  emptyWay,
  fieldOfFinding,
  type PushForm,
  pushFormOf,
  readPushForm,
  type WayRow,
} from '../../../domain/pushes/push-form';
import { figure } from '../../../domain/pushes/tell-plan';
import { definitionOf, pushTemplate } from '../../../domain/pushes/template';
import { AppError, messageOf } from '../../../errors';
import { beijingDay, beijingMoment } from '../../../kit/beijing';
import { act, done, download, may, page, part, type Visit } from '../console';
import { cursor, id, line, lines, maybe, rows, several, ticked, upload } from '../form';
import { field, table } from '../parts';
import {
  audienceOptions,
  countsTold,
  previewsOf,
  routesTold,
  slowly,
  stateWord,
  toneOf,
  whenTold,
} from '../push-views';
import { plainRow, wayIn, wayOf } from '../ways';

const listAsked = z.object({
  state: maybe(z.enum(Object.keys(stateNames) as [keyof typeof stateNames])),
  route: maybe(z.enum(routeNames)),
  q: maybe(line(60)),
  sort: maybe(z.enum(['changed', '-changed'])),
  cursor,
});

/** The list; `counted`: with what became of each, which takes longer. */
async function listOf({ services, now }: Visit, asked: z.infer<typeof listAsked>, counted: boolean) {
  const { pushes } = services;
  const { rows: found, open, next } = await pushes.page(asked);
  const cells = [];
  for (const row of found) {
    const state =
      row.state === 'running' && row.frozen && !open.has(row._id) ? ('finished' as const) : row.state;
    const status = counted && row.frozen ? await slowly(() => pushes.status(row._id)) : undefined;
    cells.push([
      { text: row.name, href: `/pushes/${row._id}`, own: true, note: row._id },
      { text: stateWord(state), tone: toneOf[state] },
      {
        text: row.again ? `「${row.again.push}」沒收到的人` : row.audience.to,
        own: !row.again,
        note: routesTold(row),
      },
      status
        ? { text: `${figure(status.done)} / ${figure(status.people)}`, note: countsTold(status) }
        : row.frozen
          ? figure(row.frozen.people)
          : '',
      { text: row.startedAt ? beijingMoment(row.startedAt.getTime()) : whenTold(row, now) },
      { text: beijingMoment(row.changedAt.getTime()), note: row.by },
    ]);
  }
  return table({
    caption: '推送',
    columns: [
      { label: '名稱' },
      { label: '狀態' },
      { label: '對象和路線' },
      { label: '人數' },
      { label: '時間' },
      { label: '最後改動', sort: 'changed' },
    ],
    rows: cells,
    empty: {
      title: '還沒有推送',
      text: '寫好內容、選好對象，先試發給自己看，再讓同事批准。第一個五分鐘就好。',
      href: '/pushes/new',
      label: '寫第一個推送',
    },
    path: '/pushes',
    asked: { ...asked },
    next,
    filters: [
      { kind: 'text', name: 'q', label: '名稱或編號', value: asked.q },
      {
        kind: 'select',
        name: 'state',
        label: '狀態',
        value: asked.state,
        options: Object.entries(stateNames).map(([value, label]) => ({ value, label })),
      },
      {
        kind: 'select',
        name: 'route',
        label: '路線',
        value: asked.route,
        options: routeNames.map((value) => ({ value, label: routeWords[value] })),
      },
    ],
  });
}

const queryOf = (asked: object): string =>
  new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();

/** Everything the editor asks for. The domain says what each may be; here only that it is text. */
const formAsked = z.object({
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
type FormAsked = z.infer<typeof formAsked>;

const waysIn = (asked: Pick<FormAsked, 'ways'>): WayRow[] => asked.ways.flatMap((row) => wayIn(row) ?? []);
const audienceIn = ({ to, sentence }: Pick<FormAsked, 'to' | 'sentence'>): string =>
  to === '' ? sentence.trim() : to;
function formIn(asked: FormAsked): PushForm {
  const at = { now: '現在', moment: asked.moment.replace('T', ' '), words: asked.words }[asked.when];
  return { ...asked, to: audienceIn(asked), at, ways: waysIn(asked) };
}
/** At which field of the page it stands. */
function placed(fields: Record<string, string>, asked: FormAsked): Record<string, string> {
  const named = Object.entries(fields).map(([name, message]) => {
    if (name === 'to' && asked.to === '') return ['sentence', message];
    if (name === 'at') return [asked.when === 'now' ? 'when' : asked.when, message];
    return [name, message];
  });
  return Object.fromEntries(named) as Record<string, string>;
}
const refused = (fields: Record<string, string>): AppError =>
  new AppError('Invalid', 'push.form', `有 ${Object.keys(fields).length} 處要改，標在旁邊了。`, {
    details: { fields },
  });

/** The form of a push, new or there. */
async function editorOf(
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
const blankForm = (id: string): PushForm => ({
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
function definitionSoFar(asked: FormAsked): Pick<Definition, 'content' | 'variants' | 'routes'> {
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
async function readerOf({ services }: Visit, who: string): Promise<string | undefined> {
  if (who === '') return undefined;
  const [known] = await services.subscribers.known([who]);
  if (known) return known.pid;
  const [pid] = await services.subscribers.here(await services.names.bearing(who));
  if (pid === undefined)
    throw new AppError('NotFound', 'push.whom', `不認得「${who}」：寫她的 pid，或「改名」起的名字。`);
  return pid;
}

export default [
  page(
    '/pushes',
    may('pushes.see'),
    { title: '推送', menu: { group: 'reach', at: 10 }, template: 'pushes', asks: listAsked },
    async (visit, asked) => ({ table: await listOf(visit, asked, false), query: queryOf(asked) }),
  ),
  part(
    '/pushes/table',
    may('pushes.see'),
    { template: 'pushes-table', asks: listAsked },
    async (visit, asked) => ({
      table: await listOf(visit, asked, true),
    }),
  ),

  page(
    '/pushes/new',
    may('pushes.edit'),
    { title: '寫一個推送', template: 'push-edit', asks: z.object({ from: maybe(id), to: maybe(line(60)) }) },
    async (visit, { from, to }) => {
      const { pushes } = visit.services;
      const fresh = await pushes.freeId(`push-${beijingDay(visit.now).slice(5).replace('-', '')}`);
      const form = from
        ? {
            ...pushFormOf(definitionOf(await pushes.get(from))),
            id: await pushes.freeId(`${from.replaceAll('.', '-').toLowerCase().slice(0, 17)}-2`),
            at: '現在',
          }
        : { ...blankForm(fresh), ...(to ? { to } : {}) };
      return editorOf(visit, form, {
        to: '/pushes/new/save',
        title: from ? '照著寫一個' : '寫一個推送',
        draft: `push:${from ?? 'new'}`,
        base: '',
        isNew: true,
      });
    },
  ),
  page(
    '/pushes/:id/edit',
    may('pushes.edit'),
    { title: '改推送', template: 'push-edit', asks: z.object({ id }) },
    async (visit, asked) => {
      const row = await visit.services.pushes.get(asked.id);
      if (row.state !== 'draft')
        throw new AppError(
          'Conflict',
          'push.not-draft',
          `「${row.name}」已經是「${stateWord(row.state)}」，不能再改；可以照著它寫一個新的。`,
        );
      return editorOf(visit, pushFormOf(definitionOf(row)), {
        to: `/pushes/${row._id}/save`,
        title: `改「${row.name}」`,
        draft: `push:${row._id}`,
        base: String(row.version),
        isNew: false,
        ...(row.again ? { again: row.again.push } : {}),
      });
    },
  ),
  ...['/pushes/new/save', '/pushes/:id/save'].map((path) =>
    act(
      path,
      may('pushes.edit'),
      {
        what: path.includes(':id') ? '改推送的草稿' : '寫推送的草稿',
        most: 20 * 1024 * 1024,
        asks: formAsked.extend({ id: line(60), unfinished: ticked }),
      },
      async ({ services, by }, asked) => {
        const { pushes, pushFiles } = services;
        const read = await readPushForm(formIn(asked), pushFiles.keep);
        if ('fields' in read) throw refused(placed(read.fields, asked));
        const { push } = read;
        if (!path.includes(':id') && (await pushes.freeId(push.id)) !== push.id)
          throw refused({ id: `「${push.id}」已經有了，請換一個編號` });
        if (!asked.unfinished) {
          const fields: Record<string, string> = {};
          for (const finding of await pushes.findingsIn(push))
            fields[fieldOfFinding(finding, waysIn(asked))] ??= finding.message;
          if (Object.keys(fields).length > 0) throw refused(placed(fields, asked));
        }
        const row = await pushes.save(push, by);
        return done(asked.unfinished ? '先存成草稿了。' : '存好了。接下來看會發給誰，再試發給自己看。', {
          to: `/pushes/${row._id}`,
          after: { id: row._id, version: row.version },
        });
      },
    ),
  ),
  part(
    '/pushes/count',
    may('pushes.see'),
    {
      template: 'push-count',
      asks: z.object({
        to: line(200, 0).default('所有人'),
        sentence: lines(2_000).default(''),
        except: several(line(60, 0)),
      }),
    },
    async ({ services: { pushes } }, asked) => {
      const to = audienceIn(asked);
      if (to === '') return { told: '寫好規則，這裡就數有多少人。' };
      try {
        const { people, exact } = await slowly(() =>
          pushes.countOf({ to, except: asked.except.filter((one) => one !== '') }),
        );
        return { told: `${exact ? '' : '約 '}${figure(people)} 人` };
      } catch (error) {
        return { told: messageOf(error) };
      }
    },
  ),
  part(
    '/pushes/preview',
    may('pushes.see'),
    {
      template: 'push-preview',
      asks: formAsked.extend({
        reader: line(60, 0).default(''),
        script: z.enum(['hant', 'hans']).default('hant'),
      }),
    },
    async (visit, asked) => {
      const { pushes, pushFiles } = visit.services;
      let told = '';
      const pid = await readerOf(visit, asked.reader).catch((error: unknown) => {
        told = messageOf(error);
        return undefined;
      });
      const shown = await pushes.preview(definitionSoFar(asked), { pid, script: asked.script });
      const read = await readPushForm(
        { ...formIn(asked), id: 'preview', name: asked.name || '預覽' },
        async () => 'preview-of-a-picture--',
      );
      return {
        told,
        shown: await previewsOf({ pushFiles }, shown),
        checked: 'push' in read,
        findings: 'push' in read ? await pushes.findingsIn(read.push) : [],
      };
    },
  ),

  page(
    '/pushes/import',
    may('pushes.edit'),
    { title: '從工作簿導入推送', template: 'push-import', asks: z.object({}) },
    () => ({}),
  ),
  act(
    '/pushes/import',
    may('pushes.edit'),
    {
      what: '導入推送',
      most: 24 * 1024 * 1024,
      asks: z.object({ file: upload, pictures: several(upload) }),
    },
    async ({ services, by }, { file, pictures }) => {
      const { row, remarks } = await bringPush(services, { file, pictures, by });
      return done([`導入成草稿「${row.name}」。`, ...remarks].join('\n'), {
        to: `/pushes/${row._id}`,
        after: { id: row._id, version: row.version },
      });
    },
  ),
  ...(['xlsx', 'json'] as const).map((kind) =>
    download(
      `/pushes/template.${kind}`,
      may('pushes.edit'),
      { what: '下載推送的模板', asks: z.object({}) },
      async () => ({ name: `push-template.${kind}`, type: typeOf(kind), body: await pushTemplate(kind) }),
    ),
  ),
  download(
    '/pushes/:id/workbook',
    may('pushes.see'),
    { what: '下載推送的工作簿', asks: z.object({ id }) },
    async ({ services }, asked) => ({
      name: `${asked.id}.xlsx`,
      type: typeOf('xlsx'),
      body: await writePushBook(definitionOf(await services.pushes.get(asked.id))),
    }),
  ),
];

const typeOf = (kind: 'xlsx' | 'json'): string =>
  kind === 'json'
    ? 'application/json; charset=utf-8'
    : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
