import { type Grid, type Row, type Shown, tableOf, wrongCells } from '../../sheets/grid';
import { type Problem, quoted, unreadable } from '../../sheets/problems';
import { gridOf, openXlsx, type Sheet } from '../../sheets/read-xlsx';
import { writeBook } from '../../sheets/write-book';
import { type Content, classNames, type Definition, type RouteName, routeNames, routeWords } from './push';
import { codeOf, type Fault, isRoute, kindWords, lateWords, listed, plain } from './read-push';

/** The two sheets of a workbook. The first has a line for each field, the second one for each route and version. */
const sheetNames = { push: '推送', content: '內容' } as const;
const fieldHeading = '欄位';
const pushHeadings = {
  id: ['編號', '小寫字母、數字、連字號，最多 24 個'],
  name: ['名稱', '最多 40 字，只有同事看得到'],
  class: ['類別', '營銷 或 服務（結果、提醒、她要的東西）；模板消息和訂閱通知只能發服務'],
  to: ['對象', '分群的編號或名稱，或一句規則，或 所有人；看寫法：npm run segment -- leaves'],
  except: ['不包括', '分群的編號；幾個用 | 隔開，可空'],
  routes: ['路線', `按順序試，第一條通的就發；用 | 隔開：${Object.values(routeWords).join('、')}`],
  at: ['時間', '現在，或「2026-12-01 09:00」「國慶節 09:00」「明天 9:30」'],
  quiet: ['免打擾', '這段時間不發，等過了再發，像 22:00-08:00；不要就寫 無'],
  cap: ['七天最多', '一個人七天裡最多收幾次推送，連這一次；0 不限。別的天數：3/14天'],
  late: ['誤時', '程式停過、晚了半小時以上：問人（等人決定）或 照發'],
} as const;
type PushField = keyof typeof pushHeadings;
const pathOf: Record<PushField, string> = {
  ...(Object.fromEntries(Object.keys(pushHeadings).map((name) => [name, name])) as Record<PushField, string>),
  to: 'audience.to',
  except: 'audience.except',
};

export const contentHeadings = {
  route: '路線',
  variant: '版本',
  share: '比例',
  kind: '種類',
  text: '文字',
  title: '標題',
  about: '說明',
  url: '網址',
  picture: '圖片',
  media: '素材',
  thumb: '縮圖',
  items: '選項',
  template: '模板',
  fields: '模板欄位',
  app: '小程序',
  page: '頁面',
} as const;
export type Heading = keyof typeof contentHeadings;

/** Which column holds which field of a content. */
export type Layout = { readonly [Name in Heading]?: string };
const notice: Layout = {
  template: 'templateId',
  fields: 'fields',
  url: 'url',
  app: 'miniProgram.appId',
  page: 'miniProgram.page',
};
const layouts: Record<RouteName, Layout | Record<string, Layout>> = {
  customer: {
    text: { text: 'text' },
    image: { picture: 'image' },
    voice: { media: 'mediaId' },
    video: { media: 'mediaId', thumb: 'thumbMediaId', title: 'title', about: 'description' },
    article: { title: 'title', about: 'description', url: 'url', picture: 'picUrl' },
    published: { media: 'articleId' },
    miniProgram: { title: 'title', app: 'appId', page: 'page', thumb: 'thumbMediaId' },
    menu: { title: 'head', items: 'items', about: 'tail' },
  },
  mass: { text: { text: 'text' }, image: { picture: 'image' }, article: { media: 'draftMediaId' } },
  template: notice,
  notice,
  sms: { text: 'text' },
  mail: { title: 'subject', text: 'text' },
};
export const layoutOf = (route: RouteName, kind: string): Layout | undefined =>
  kindWords[route] ? (layouts[route] as Record<string, Layout>)[kind] : layouts[route];

/** A push as JSON would have it, and where in the workbook its parts stand. */
export type Laid = {
  json: unknown;
  problems: Problem[];
  remarks: Problem[];
  place(fault: Fault): Problem;
};
export type Places = Map<string, Pick<Problem, 'sheet' | 'line' | 'column'>>;

/** Reads a workbook into the shape that `readPush` checks. @throws AppError Invalid when it is none of ours */
export async function readPushBook(file: { name: string; bytes: Buffer }): Promise<Laid> {
  const { sheets, remarks } = await openXlsx(file);
  const named = (name: string): Sheet => {
    const found = sheets.find((one) => plain(one.name) === plain(name));
    if (found) return found;
    throw unreadable(
      `${file.name} 裡沒有叫「${name}」的表；可以先 npm run push -- template 寫一份，照著改。`,
    );
  };
  const [top, below] = [gridOf(named(sheetNames.push)), gridOf(named(sheetNames.content))];
  readShares(below.grid);
  const problems = wrongCells(top.grid).map((one) => ({ sheet: sheetNames.push, ...one }));
  const table = tableOf(below.grid);
  problems.push(...table.problems.map((one) => ({ sheet: sheetNames.content, ...one })));
  const places: Places = new Map();
  const push = pushIn(top.grid.lines, places, problems);
  const contents = contentsIn(table.rows, { columns: columnsIn(table.columns, problems), places, problems });
  return {
    json: { ...push, ...contents },
    problems,
    remarks: [...remarks, ...top.hidden, ...below.hidden],
    place({ path, value, message }) {
      // Lists are not written there as JSON writes them.
      const said = { ...(value === undefined || /^[[{]/.test(value) ? {} : { value }), message };
      for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
        const found = places.get(at);
        if (found?.sheet === sheetNames.push && found.line === undefined && value === undefined)
          return { sheet: sheetNames.push, message: missingLine(String(found.column), top.grid.lines) };
        if (found) return { ...found, ...said };
      }
      return { sheet: path.startsWith('content') ? sheetNames.content : sheetNames.push, ...said };
    },
  };
}

type Lines = readonly { line: number; cells: readonly Shown[] }[];

/** A line that is not there, and one of another name that may be meant. */
function missingLine(heading: string, lines: Lines): string {
  const meant = lines.find(({ cells }) => {
    const label = plain(cells[0]?.text ?? '');
    return (
      fieldOf(label) === undefined &&
      label !== plain(fieldHeading) &&
      [...plain(heading)].some((char) => label.includes(char))
    );
  });
  const guess = meant ? `（第 ${meant.line} 行的「${quoted(meant.cells[0]?.text)}」是不是？）` : '';
  return `少了「${heading}」這一行${guess}`;
}

const fieldOf = (label: string): PushField | undefined =>
  Object.entries(pushHeadings).find(
    ([name, [heading]]) => plain(heading) === plain(label) || name === label,
  )?.[0] as PushField | undefined;

/** Excel makes 0.3 of a 30% that is typed. */
function readShares({ lines: [head, ...lines] }: Grid): void {
  const isShare = ({ text }: Shown) => plain(text) === plain(contentHeadings.share) || text === 'share';
  const at = head?.cells.findIndex(isShare) ?? -1;
  for (const { cells } of lines) {
    const { share } = cells[at] ?? {};
    if (share !== undefined) cells[at] = { text: share };
  }
}

function pushIn(lines: Lines, places: Places, problems: Problem[]): Record<string, unknown> {
  const sheet = sheetNames.push;
  const found: { [Name in PushField]?: string } = {};
  for (const [field, path] of Object.entries(pathOf))
    places.set(path, { sheet, column: pushHeadings[field as PushField][0] });
  for (const { line, cells } of lines) {
    const label = cells[0]?.text ?? '';
    if (label === '' || plain(label) === plain(fieldHeading)) continue;
    const field = fieldOf(label);
    const place = { sheet, line, ...(field ? { column: pushHeadings[field][0] } : {}) };
    if (!field) {
      const all = Object.values(pushHeadings).map(([heading]) => heading);
      problems.push({ ...place, value: quoted(label), message: `不認得這個欄位；可用的：${all.join('、')}` });
    } else if (found[field] !== undefined)
      problems.push({ ...place, message: '這個欄位寫了兩次，請刪去一個' });
    else {
      places.set(pathOf[field], place);
      if ((cells[1]?.text ?? '') !== '') found[field] = cells[1]?.text ?? '';
    }
  }
  const wrong = (field: PushField, message: string) => {
    const value = quoted(found[field] ?? '');
    problems.push({ ...places.get(pathOf[field]), value, message });
  };
  const { to, except, routes, quiet, cap, ...rest } = found;
  return {
    ...rest,
    audience: {
      ...(to === undefined ? {} : { to }),
      ...(except === undefined ? {} : { except: listIn(except) }),
    },
    ...(routes === undefined ? {} : { routes: routesIn(routes, (message) => wrong('routes', message)) }),
    ...(quiet === undefined ? {} : quietIn(quiet, (message) => wrong('quiet', message))),
    ...(cap === undefined ? {} : capIn(cap, (message) => wrong('cap', message))),
  };
}

type Wrong = (message: string) => void;

function routesIn(text: string, wrong: Wrong): RouteName[] {
  return text
    .split(/[|｜、，,\n]+/u)
    .filter((one) => one.trim() !== '')
    .flatMap((one) => {
      const name = codeOf(routeWords, one);
      if (isRoute(name)) return [name];
      wrong(`沒有「${quoted(one.trim())}」這條路；有的是：${listed(routeWords)}`);
      return [];
    });
}

function quietIn(text: string, wrong: Wrong): object {
  if (/^[無无不]/.test(text)) return { quiet: { from: '00:00', to: '00:00' } };
  const [, from, to] =
    /^(\d{1,2}:\d{2})\s*[-–—~～到至]\s*(\d{1,2}:\d{2})$/.exec(text.normalize('NFKC').replaceAll('：', ':')) ??
    [];
  if (from !== undefined && to !== undefined)
    return { quiet: { from: from.padStart(5, '0'), to: to.padStart(5, '0') } };
  wrong('要寫成 22:00-08:00；不要就寫 無');
  return {};
}

function capIn(text: string, wrong: Wrong): object {
  const [, most, days = '7'] =
    /^(\d{1,3})\s*次?(?:\s*\/\s*(\d{1,3})\s*天?)?$/.exec(text.normalize('NFKC')) ?? [];
  if (most !== undefined) return { cap: { most: Number(most), days: Number(days) } };
  wrong('要寫次數，像 3；不限就寫 0；別的天數像 3/14天');
  return {};
}

function columnsIn(columns: readonly string[], problems: Problem[]): Map<Heading, string> {
  const known = new Map<Heading, string>();
  for (const column of columns) {
    const field = Object.entries(contentHeadings).find(
      ([name, heading]) => plain(heading) === plain(column) || name === column,
    )?.[0] as Heading | undefined;
    if (field) known.set(field, column);
    else {
      const all = Object.values(contentHeadings).join('、');
      problems.push({ sheet: sheetNames.content, column, message: `不認得這一欄；可用的：${all}` });
    }
  }
  return known;
}

type Reading = { columns: ReadonlyMap<Heading, string>; places: Places; problems: Problem[] };
type Variant = { name: string; share?: number | string; content: Record<string, unknown> };

/** The contents that lines of the second sheet hold, and where each part of them stands. */
export function contentsIn(rows: readonly Row[], reading: Reading): Pick<Record<string, unknown>, string> {
  const { columns, places, problems } = reading;
  const content: Record<string, unknown> = {};
  const variants: Variant[] = [];
  for (const row of rows) {
    const cell = (heading: Heading): string | undefined => {
      const value = row.cells[columns.get(heading) ?? ''];
      return typeof value === 'string' ? value : undefined;
    };
    const at = (heading: Heading) => ({
      sheet: sheetNames.content,
      line: row.line,
      column: contentHeadings[heading],
    });
    const wrong = (heading: Heading, message: string) => {
      const value = cell(heading);
      problems.push({ ...at(heading), ...(value === undefined ? {} : { value: quoted(value) }), message });
    };
    const route = codeOf(routeWords, cell('route'));
    if (!isRoute(route)) {
      wrong('route', `${route === undefined ? '要寫走哪條路' : '沒有這條路'}；有的是：${listed(routeWords)}`);
      continue;
    }
    const name = cell('variant');
    let into = content;
    let path = `content.${route}`;
    if (name !== undefined) {
      let i = variants.findIndex((one) => one.name === name);
      if (i < 0) i = variants.push({ name, content: {} }) - 1;
      const variant = variants[i] as Variant;
      const share = cell('share');
      places.set(`variants.${i}`, at('variant'));
      if (share !== undefined) {
        const percent = percentIn(share);
        if (variant.share !== undefined && variant.share !== percent)
          wrong('share', `「${name}」上面寫的是 ${variant.share}；一版只有一個比例`);
        variant.share = percent;
        places.set(`variants.${i}.share`, at('share'));
      } else if (variant.share === undefined) places.set(`variants.${i}.share`, at('share'));
      into = variant.content;
      path = `variants.${i}.content.${route}`;
    } else if (cell('share') !== undefined) wrong('share', '寫了比例就要寫「版本」：哪一版發給這麼多人');
    if (into[route] !== undefined) {
      wrong('route', `${name === undefined ? '' : `「${name}」`}這條路的內容寫了兩行，請刪去一行`);
      continue;
    }
    into[route] = contentIn(route, path, { cell, at, wrong, places });
  }
  return { content, ...(variants.length > 0 ? { variants } : {}) };
}

/** 「30」, 「30%」, 「0.3」; what is none of them as it stands. */
function percentIn(text: string): number | string {
  const plainly = text.normalize('NFKC');
  if (/^\d{1,3}\s*%?$/.test(plainly)) return Number.parseInt(plainly, 10);
  return /^0?\.\d{1,2}$/.test(plainly) ? Math.round(Number(plainly) * 100) : text;
}

function contentIn(
  route: RouteName,
  path: string,
  {
    cell,
    at,
    wrong,
    places,
  }: {
    cell: (heading: Heading) => string | undefined;
    at: (heading: Heading) => Pick<Problem, 'sheet' | 'line' | 'column'>;
    wrong: (heading: Heading, message: string) => void;
    places: Places;
  },
): Record<string, unknown> {
  const kinds = kindWords[route];
  const kind = kinds ? String(codeOf(kinds, cell('kind') ?? 'text')) : '';
  const layout = layoutOf(route, kind);
  const { column: _, ...line } = at('route');
  places.set(path, line);
  places.set(`${path}.kind`, at('kind'));
  if (!layout) return { kind };
  const own: Record<string, unknown> = kinds ? { kind } : {};
  for (const heading of Object.keys(contentHeadings) as Heading[]) {
    if (heading === 'route' || heading === 'variant' || heading === 'share') continue;
    const field = layout[heading];
    const text = cell(heading);
    if (field !== undefined) places.set(`${path}.${field}`, at(heading));
    if (text === undefined || (heading === 'kind' && kinds)) continue;
    if (field === undefined) {
      const uses = Object.keys(layout).map((name) => contentHeadings[name as Heading]);
      wrong(
        heading,
        `${routeWords[route]}${kinds ? `的${kinds[kind]}` : ''}用不到這一欄，請清空；它用：${uses.join('、')}`,
      );
      continue;
    }
    put(
      own,
      field,
      valueIn(field, text, (message) => wrong(heading, message)),
    );
  }
  return own;
}

/** 「miniProgram.appId」 */
function put(own: Record<string, unknown>, field: string, value: unknown): void {
  const [first = '', second] = field.split('.');
  if (second === undefined) own[first] = value;
  else own[first] = { ...(own[first] as object | undefined), [second]: value };
}

function valueIn(field: string, text: string, wrong: Wrong): unknown {
  switch (field) {
    case 'image':
      return imageIn(text, wrong);
    case 'fields':
      return pairsIn(text, /\n|[;；](?=\s*[a-z_]+\d*\s*[=＝])/u, () =>
        wrong('一行一個（格子裡換行：Alt+Enter），像 thing1=杭州周末'),
      );
    case 'items':
      return Object.entries(
        pairsIn(text, /[|｜\n]+/u, () => wrong('寫成 代號=文字，幾個用 | 隔開，像 a=想去|b=不去')),
      ).map(([id, its]) => ({ id, text: its }));
    default:
      return text;
  }
}

/** A picture that is kept here already, by its digest. */
export const keptPicture = (digest: string): string => `kept:${digest}`;
export const isKept = (text: string): boolean => /^kept:[\w-]{22}$/.test(text);

/** A file beside the workbook, or what WeChat calls a picture: letters, digits, - and _. */
function imageIn(text: string, wrong: Wrong): { file: string } | { mediaId: string } {
  if (/\.(png|jpe?g|gif)$/i.test(text) || isKept(text)) return { file: text };
  if (/\.\w{1,5}$/.test(text)) wrong('這是檔名嗎？圖片只收 PNG、JPG、GIF；請另存成 PNG，再寫新的檔名');
  else if (!/^[\w-]+$/.test(text)) wrong('要寫放在旁邊的檔名，連 .png、.jpg、.gif 一起寫；或微信的 media id');
  return { mediaId: text };
}

function pairsIn(text: string, between: RegExp, unclear: () => void): Record<string, string> {
  const pairs = text
    .split(between)
    .filter((one) => one.trim() !== '')
    .map((one) => /^\s*([\w-]+)\s*[=＝]\s*(.+?)\s*$/su.exec(one));
  if (pairs.some((pair) => pair === null)) unclear();
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', pair[2] ?? '']] : [])));
}

/** A push as a workbook to change into one's own. */
export function writePushBook(push: Definition): Promise<Buffer> {
  const { audience, quiet, cap } = push;
  const top: Record<PushField, string> = {
    id: push.id,
    name: push.name,
    class: classNames[push.class],
    to: audience.to,
    except: audience.except.join('|'),
    routes: push.routes.map((name) => routeWords[name]).join('|'),
    at: push.at,
    quiet: quiet.from === quiet.to ? '無' : `${quiet.from}-${quiet.to}`,
    cap: cap.days === 7 ? String(cap.most) : `${cap.most}/${cap.days}天`,
    late: lateWords[push.late],
  };
  const rows = [
    ...linesOf(push.content),
    ...push.variants.flatMap(({ name, share, content }) =>
      linesOf(content).map((line, i) => ({
        ...line,
        variant: name,
        ...(i === 0 ? { share: String(share) } : {}),
      })),
    ),
  ];
  const wide: Heading[] = ['text', 'title', 'about', 'url', 'fields'];
  const choices: { readonly [Name in Heading]?: string[] } = {
    route: Object.values(routeWords),
    kind: Object.values(kindWords.customer ?? {}),
  };
  return writeBook([
    {
      name: sheetNames.push,
      columns: [
        { title: fieldHeading, width: 14 },
        { title: '內容', width: 60, wrapped: true },
        { title: '說明', width: 80, faint: true },
      ],
      rows: Object.entries(pushHeadings).map(([name, [heading, help]]) => [
        heading,
        top[name as PushField],
        help,
      ]),
    },
    {
      name: sheetNames.content,
      columns: (Object.keys(contentHeadings) as Heading[]).map((name) => ({
        title: contentHeadings[name],
        width: wide.includes(name) ? 40 : 14,
        ...(wide.includes(name) ? { wrapped: true } : {}),
        ...(choices[name] ? { choices: choices[name] } : {}),
      })),
      rows: rows.map((row) => (Object.keys(contentHeadings) as Heading[]).map((name) => row[name])),
    },
  ]);
}

type Line = { [Name in Heading]?: string };

/** The lines of the second sheet that say a content. */
export const linesOf = (content: Content): Line[] =>
  routeNames.flatMap((route) => {
    const own = content[route] as (Record<string, unknown> & { kind?: string }) | undefined;
    if (!own) return [];
    const { kind = '' } = own;
    const line: Line = {
      route: routeWords[route],
      ...(kind === '' ? {} : { kind: kindWords[route]?.[kind] ?? kind }),
    };
    for (const [heading, field] of Object.entries(layoutOf(route, kind) ?? {})) {
      const [first = '', second] = field.split('.');
      const value =
        second === undefined ? own[first] : (own[first] as Record<string, unknown> | undefined)?.[second];
      if (value !== undefined) line[heading as Heading] = cellOf(field, value);
    }
    return [line];
  });

function cellOf(field: string, value: unknown): string {
  if (field === 'items')
    return (value as { id: string; text: string }[]).map(({ id, text }) => `${id}=${text}`).join('|');
  if (field === 'fields')
    return Object.entries(value as Record<string, string>)
      .map(([name, its]) => `${name}=${its}`)
      .join('\n');
  if (field === 'image') {
    const image = value as { file: string } | { mediaId: string };
    return 'file' in image ? keptPicture(image.file) : image.mediaId;
  }
  return String(value);
}

const listIn = (text: string): string[] =>
  text
    .split(/[|｜、\n]+/u)
    .map((one) => one.trim())
    .filter((one) => one !== '');
