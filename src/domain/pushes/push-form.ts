import type { Finding } from './check';
import type { PushFiles } from './files';
import { type Content, type Definition, definition, type RouteName, routeNames, routeWords } from './push';
import { contentHeadings, contentsIn, type Heading, layoutOf, linesOf, type Places } from './push-book';
import { codeOf, kindWords, readPush } from './read-push';
import { keepPictures } from './read-push-file';

/*
 * A push as a form has it: the fields of the first sheet of the workbook, and a row for each route and version like a line of its
 * second one. What is written means the same in both.
 */

/** 「customer.text」, 「mass.article」, 「sms」: a route, and the kind of its content where it has several. */
export const whats = {
  'customer.text': '文字',
  'customer.image': '圖片',
  'customer.article': '圖文卡片',
  'customer.menu': '選項（點一個）',
  'customer.miniProgram': '小程序卡片',
  'customer.published': '已發布文章',
  'customer.video': '視頻',
  'customer.voice': '語音',
  'mass.text': '文字',
  'mass.image': '圖片',
  'mass.article': '圖文草稿',
  template: '模板消息',
  notice: '訂閱通知',
  sms: '短信',
  mail: '郵件',
} as const;
export type What = keyof typeof whats;
export const isWhat = (word: string): word is What => Object.hasOwn(whats, word);

type Words = Exclude<Heading, 'route' | 'kind' | 'variant' | 'share'>;
export const wayWords = Object.keys(contentHeadings).filter(
  (name) => !['route', 'kind', 'variant', 'share'].includes(name),
) as Words[];

/** One row: what goes by which route. `file`: a picture that came with the form. */
export type WayRow = { what: string; variant: string; share: string } & { [Name in Words]?: string } & {
  file?: { name: string; bytes: Buffer } | undefined;
};
export const emptyWay = (what: What = 'customer.text'): WayRow => ({ what, variant: '', share: '' });

export type PushForm = {
  id: string;
  name: string;
  class: string;
  to: string;
  except: string[];
  at: string;
  quietFrom: string;
  quietTo: string;
  capMost: string;
  capDays: string;
  late: string;
  ways: WayRow[];
};

const contentShape = definition.shape.content;
const routeOf = (what: string): RouteName => what.split('.')[0] as RouteName;

/** Rows of ways as contents, with the routes in the order of the rows. Of a row only what its kind asks for counts. */
export function contentsOf(ways: readonly WayRow[]) {
  const places: Places = new Map();
  const problems: Parameters<typeof contentsIn>[1]['problems'] = [];
  const columns = new Map((Object.keys(contentHeadings) as Heading[]).map((name) => [name, name]));
  const pictures: { name: string; bytes: Buffer }[] = [];
  const rows = ways.map((row, line) => {
    const [route = '', kind = ''] = row.what.split('.');
    const layout = layoutOf(route as RouteName, kind) ?? {};
    const cells: Record<string, string> = { route, ...(kind === '' ? {} : { kind }) };
    for (const name of wayWords) {
      const text = row[name]?.trim() ?? '';
      if (layout[name] !== undefined && text !== '') cells[name] = text;
    }
    if (row.variant.trim() !== '') {
      cells['variant'] = row.variant.trim();
      if (row.share.trim() !== '') cells['share'] = row.share.trim();
    }
    if (row.file && layout.picture === 'image') {
      const name = `${line}-${row.file.name}`;
      pictures.push({ name, bytes: row.file.bytes });
      cells['picture'] = name;
    }
    return { line, cells };
  });
  const json = contentsIn(rows, { columns, places, problems });
  const fieldAt = (line: number | undefined, column: string | undefined): string => {
    const heading = Object.entries(contentHeadings).find(([, word]) => word === column)?.[0] ?? 'what';
    const name = heading === 'route' || heading === 'kind' ? 'what' : heading;
    // Where a content is missing as a whole, its first field is meant.
    const [route = '', kind = ''] = ways[line ?? 0]?.what.split('.') ?? [];
    const first = Object.keys(layoutOf(route as RouteName, kind) ?? {})[0] ?? 'what';
    return `${line ?? 0}.${column === undefined ? first : name}`;
  };
  return {
    routes: [...new Set(ways.map(({ what }) => routeOf(what)))],
    json,
    pictures,
    problems: problems.map(({ line, column, message }) => ({ at: fieldAt(line, column), message })),
    /** Of a path in JSON, the row and its field: 「0.text」. */
    at(path: string): string | undefined {
      for (let up = path; up !== ''; up = up.slice(0, Math.max(0, up.lastIndexOf('.')))) {
        const found = places.get(up);
        if (found) return fieldAt(found.line, found.column);
      }
      return undefined;
    },
  };
}

const fieldOf: Record<string, string> = {
  id: 'id',
  name: 'name',
  class: 'class',
  'audience.to': 'to',
  audience: 'to',
  'audience.except': 'except',
  at: 'at',
  'quiet.from': 'quietFrom',
  'quiet.to': 'quietTo',
  'cap.most': 'capMost',
  'cap.days': 'capDays',
  late: 'late',
};

/** What a form means as JSON, and the field of each place in it. */
function jsonOf(form: PushForm) {
  const contents = contentsOf(form.ways);
  const number = (text: string) => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : text);
  return {
    contents,
    json: {
      id: form.id.trim(),
      name: form.name,
      class: form.class,
      audience: { to: form.to, except: form.except.filter((one) => one !== '') },
      routes: contents.routes,
      at: form.at,
      quiet: { from: form.quietFrom, to: form.quietTo },
      cap: { most: number(form.capMost), days: number(form.capDays) },
      late: form.late,
      ...contents.json,
    },
    at(path: string): string {
      const way = contents.at(path);
      if (way !== undefined) return `ways.${way}`;
      for (let up = path; up !== ''; up = up.slice(0, Math.max(0, up.lastIndexOf('.'))))
        if (fieldOf[up]) return fieldOf[up] as string;
      return 'ways.0.what';
    },
  };
}

/** The content of one row, where it is whole. */
export function contentOfRow(row: WayRow): Content | undefined {
  const { json, problems } = contentsOf([{ ...row, variant: '', share: '' }]);
  const read = contentShape.safeParse(json['content']);
  return problems.length === 0 && read.success ? read.data : undefined;
}

/** A push out of a form, its pictures kept; or what is wrong, by field: `ways.0.text`. */
export async function readPushForm(
  form: PushForm,
  keep: PushFiles['keep'],
): Promise<{ push: Definition } | { fields: Record<string, string> }> {
  const { contents, json, at } = jsonOf(form);
  const fields: Record<string, string> = {};
  for (const { at: way, message } of contents.problems) fields[`ways.${way}`] ??= message;
  const read = readPush(json);
  const faults =
    'faults' in read
      ? read.faults
      : Object.keys(fields).length > 0
        ? []
        : await keepPictures(read.push, {
            beside: async (name) => contents.pictures.find((one) => one.name === name)?.bytes,
            keep,
          });
  for (const { path, message } of faults) {
    const field = at(path);
    fields[field] ??= /\.image$/.test(path) && message.startsWith('旁邊沒有') ? '請選一張圖片' : message;
  }
  return 'push' in read && Object.keys(fields).length === 0 ? { push: read.push } : { fields };
}

/** Which field a finding is about. */
export function fieldOfFinding({ place, message }: Finding, ways: readonly WayRow[]): string {
  if (place === '時間') return 'at';
  if (place === '對象') return 'to';
  const [, variant = '', word = place] = /^「(.+)」(.+)$/.exec(place) ?? [];
  const saysOf = ({ what }: WayRow) => routeWords[routeOf(what)];
  const exact = ways.findIndex((row) => saysOf(row) === word && row.variant.trim() === variant);
  const row = Math.max(0, exact >= 0 ? exact : ways.findIndex((one) => message.includes(saysOf(one))));
  const isWords = exact >= 0;
  const [route = '', kind = ''] = ways[row]?.what.split('.') ?? [];
  const first = Object.keys(layoutOf(route as RouteName, kind) ?? {})[0] ?? 'what';
  return `ways.${row}.${isWords ? first : place === 'A/B' ? 'share' : 'what'}`;
}

/** A push as its form shows it. */
export function pushFormOf(push: Definition): PushForm {
  const order = (what: string) => push.routes.indexOf(routeOf(what));
  const ways = [
    ...waysOf(push.content),
    ...push.variants.flatMap(({ name, share, content }) =>
      waysOf(content).map((row) => ({ ...row, variant: name, share: String(share) })),
    ),
  ].toSorted((a, b) => order(a.what) - order(b.what));
  const missing = push.routes.filter((name) => !ways.some(({ what }) => routeOf(what) === name));
  return {
    id: push.id,
    name: push.name,
    class: push.class,
    to: push.audience.to,
    except: push.audience.except,
    at: push.at,
    quietFrom: push.quiet.from,
    quietTo: push.quiet.to,
    capMost: String(push.cap.most),
    capDays: String(push.cap.days),
    late: push.late,
    ways: [
      ...ways,
      ...missing.map((name) => emptyWay(Object.keys(whats).find((one) => routeOf(one) === name) as What)),
    ],
  };
}

/** The rows of one content, in the order of its routes. */
export function waysOf(content: Definition['content'], routes: readonly RouteName[] = routeNames): WayRow[] {
  return linesOf(content)
    .map((line): WayRow => {
      const { route = '', kind, ...words } = line;
      const name = String(codeOf(routeWords, route));
      const code = kind === undefined ? undefined : String(codeOf(kindWords[name as RouteName] ?? {}, kind));
      return { variant: '', share: '', ...words, what: code === undefined ? name : `${name}.${code}` };
    })
    .toSorted((a, b) => routes.indexOf(routeOf(a.what)) - routes.indexOf(routeOf(b.what)));
}
