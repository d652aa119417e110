import { z } from 'zod';
import { bringFile, bringOurs } from '../../../domain/import/content.tasks';
import { columnNames, contentNames } from '../../../domain/import/content-names';
import type { Stored } from '../../../domain/import/table';
import { type ImportKind, importKinds } from '../../../domain/import/tables';
import { AppError } from '../../../errors';
import { beijingDay } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { act, done, download, may, page, part, shownOnce, type Visit } from '../console';
import { cursor, id, line, maybe, reason, ticked, upload } from '../form';
import { confirm, table } from '../parts';
import { slowly } from '../slowly';
import { tried } from './replies-try';

const pageSize = 50;
/** The file may be as large as a table may be. */
const mostBytes = 21 * 1024 * 1024;
/** A workbook takes a process of its own to open; counting a channel's people looks at many rows. */
const gate = createGate({ atOnce: 2, maxWaiting: 10 });

/** What a list shows of a row; the rest is on its page. */
const shownColumns: Record<ImportKind, readonly string[]> = {
  cities: ['id', 'name', 'region', 'aliases'],
  hotels: ['name', 'city', 'stars', 'price_yuan', 'price_on', 'address'],
  guides: ['city', 'title', 'updated_on'],
  sights: ['name', 'city', 'tickets', 'updated_on'],
  trains: ['number', 'from_city', 'to_city', 'departs', 'arrives', 'runs'],
  channels: ['scene', 'name', 'words'],
};
/** What the table is for. */
const purposes: Record<ImportKind, string> = {
  cities: '別的表憑它認城市，要先導入。',
  guides: '「杭州攻略」「杭州吃什麼」從這裡答。',
  sights: '「杭州景點」「西湖門票」從這裡答。',
  hotels: '「杭州酒店」「附近酒店」從這裡答。',
  trains: '「杭州到上海的高鐵」從這裡答。',
  channels: '二維碼掛在哪裡，掃碼的人先讀到什麼。',
};

const kindOf = z.enum(importKinds as [ImportKind, ...ImportKind[]]);
const oneTable = z.object({ kind: kindOf });
const rowId = z.string().min(1).max(128);
const oneRow = oneTable.extend({ id: rowId });

const hrefOf = (kind: ImportKind, row: string) => `/content/${kind}/row?id=${encodeURIComponent(row)}`;

const cityName = ({ services }: Visit, value: unknown): string =>
  services.cities.get(String(value))?.name ?? String(value);
const isCity = (column: string) => /(^|_)city$/.test(column);

const inWords = (visit: Visit, column: string, value: string | number | undefined): string =>
  value === undefined ? '' : isCity(column) ? cityName(visit, value) : String(value).replaceAll('|', '、');

const shortened = (text: string) => ([...text].length > 40 ? `${[...text].slice(0, 40).join('')}…` : text);

/** What a fan would say to have the row answered; '' where she says nothing. */
function askFor(visit: Visit, kind: ImportKind, row: Record<string, unknown>): string {
  switch (kind) {
    case 'guides':
      return `${cityName(visit, row['city'])}攻略`;
    case 'trains':
      return String(row['number']);
    case 'channels':
      return '';
    case 'cities':
    case 'hotels':
    case 'sights':
      return String(row['name']);
  }
}

const lastOf = (last?: { at: number; source: string; sample: boolean; by?: string }) =>
  last
    ? {
        sample: last.sample,
        text: last.sample ? '自帶的' : last.source,
        by: last.by ?? '',
        at: last.at,
      }
    : { sample: false, text: '', by: '', at: 0 };

/** What would come of the file, told beside the form. */
async function checked(visit: Visit, asked: { kind: ImportKind; file: { name: string; bytes: Buffer } }) {
  const { kind, file } = asked;
  const { result, drastic, problems, remarks } = await gate(() =>
    visit.services.content.check({ kind, ...file }),
  );
  return {
    kind,
    name: file.name,
    remarks,
    drastic,
    refused: result.kind === 'refused',
    total: result.kind === 'refused' ? result.total : 0,
    problems,
    counts:
      result.kind === 'written'
        ? {
            rows: result.rows,
            added: result.added,
            changed: result.changed,
            same: result.same,
            removed: result.removed,
            now: result.changed + result.same + result.removed,
          }
        : { rows: 0, added: 0, changed: 0, same: 0, removed: 0, now: 0 },
  };
}

export default [
  page(
    '/content',
    may('content.see'),
    { title: '旅行資料', menu: { group: 'content', at: 30 }, template: 'content', asks: z.object({}) },
    async (visit) => {
      const tables = await visit.services.content.overview();
      return {
        tables: tables.map(({ kind, rows, last }) => ({
          kind,
          name: contentNames[kind],
          purpose: purposes[kind],
          rows: rows.toLocaleString('en'),
          last: lastOf(last),
        })),
        ours: confirm({
          id: 'ours',
          to: '/content/ours',
          label: '放回自帶的資料',
          title: '放回程序自帶的資料',
          text: visit.house.simulated
            ? '六張表都換回程序自帶的；你們自己導入過的不動，除非勾上。'
            : '城市、攻略、景點換回程序自帶的；你們自己導入過的不動，除非勾上。',
          reason: '原因',
          submit: '放回',
          fields: [{ name: 'force', label: '自己導入過的也換掉', kind: 'tick' }],
        }),
      };
    },
  ),
  act(
    '/content/ours',
    may('content.edit'),
    { what: '放回自帶的資料', asks: z.object({ force: ticked, reason }) },
    async ({ start }, { force }) => done('開始放回自帶的資料。', { to: await start(bringOurs, { force }) }),
  ),
  page(
    '/content/:kind',
    may('content.see'),
    { title: '旅行資料', template: 'content-table', asks: oneTable.extend({ q: maybe(line(40)), cursor }) },
    async (visit, { kind, q, cursor: at }) => {
      const { services } = visit;
      const after = at === undefined ? undefined : Buffer.from(at, 'base64url').toString();
      const found = await services.content.page({ kind, q, after, most: pageSize });
      const [its] = (await services.content.overview()).filter((one) => one.kind === kind);
      const columns = shownColumns[kind];
      const last = found.at(-1);
      return {
        title: contentNames[kind],
        kind,
        purpose: purposes[kind],
        last: lastOf(its?.last),
        table: table({
          caption: contentNames[kind],
          path: `/content/${kind}`,
          asked: { q, cursor: at },
          columns: columns.map((column) => ({
            label: columnNames[column] ?? column,
            number: column === 'stars' || column === 'price_yuan',
          })),
          filters: [{ kind: 'text', name: 'q', label: '名稱、編號或地方', value: q }],
          rows: found.map((row) => {
            const cells = services.content.fileRow(kind, row);
            return columns.map((column, n) => ({
              text: shortened(inWords(visit, column, cells[column])),
              own: true,
              ...(n === 0 ? { href: hrefOf(kind, row._id) } : {}),
            }));
          }),
          ...(q === undefined && its ? { total: its.rows } : {}),
          next: found.length === pageSize && last ? Buffer.from(last._id).toString('base64url') : undefined,
          empty: {
            title: `還沒有${contentNames[kind]}`,
            text: '下載模板，填好再導入。',
            href: `/content/${kind}/import`,
            label: '去導入',
          },
        }),
      };
    },
  ),
  page(
    '/content/:kind/row',
    may('content.see'),
    { title: '旅行資料', template: 'content-row', asks: oneRow },
    async (visit, { kind, id: row }) => {
      const { services } = visit;
      const stored: Stored = await services.content.get(kind, row);
      const cells = services.content.fileRow(kind, stored);
      const name = String(cells['name'] ?? cells['title'] ?? cells['number'] ?? row);
      const ask = askFor(visit, kind, cells);
      return {
        title: name,
        name,
        kind,
        table: contentNames[kind],
        id: row,
        ask,
        facts: services.content
          .columns(kind)
          .filter((column) => cells[column] !== undefined)
          .map((column) => ({
            name: columnNames[column] ?? column,
            value: inWords(visit, column, cells[column]),
          })),
        phone: kind === 'channels' ? [{ hers: false, text: String(cells['words']) }] : [],
      };
    },
  ),
  part(
    '/content/:kind/preview',
    may('content.see'),
    { template: 'reply-tried', asks: oneTable.extend({ said: line(200) }) },
    async (visit, { said }) => ({ tried: await tried(visit, said) }),
  ),
  part(
    '/content/channels/people',
    may('content.see'),
    { template: 'content-channel', asks: z.object({ id }) },
    async ({ services }, { id: scene }) => {
      const countOf = async (sentence: string) => {
        const { people, exact } = await services.segments.count(await services.segments.readText(sentence));
        return { people: people.toLocaleString('en'), exact };
      };
      return slowly(async () => ({
        scene,
        all: await countOf(`從渠道「${scene}」來`),
        first: await countOf(`第一次從渠道「${scene}」來`),
      }));
    },
  ),
  page(
    '/content/:kind/import',
    may('content.edit'),
    { title: '導入', template: 'content-import', asks: oneTable },
    async ({ services }, { kind }) => ({
      title: `導入${contentNames[kind]}`,
      kind,
      name: contentNames[kind],
      columns: services.content
        .columns(kind)
        .map((column) => ({ column, name: columnNames[column] ?? column })),
    }),
  ),
  act(
    '/content/:kind/check',
    may('content.edit'),
    { what: '檢查要導入的文件', asks: oneTable.extend({ file: upload }), most: mostBytes },
    async (visit, asked) => shownOnce('content-checked', { checked: await checked(visit, asked) }),
  ),
  act(
    '/content/:kind/import',
    may('content.edit'),
    { what: '導入旅行資料', asks: oneTable.extend({ file: upload, force: ticked }), most: mostBytes },
    async (visit, asked) => {
      const { kind, file, force } = asked;
      const { refused, total, problems, drastic, counts } = await checked(visit, asked);
      const refuse = (field: string, text: string) =>
        new AppError('Invalid', 'content.refused', text, { details: { fields: { [field]: text } } });
      if (refused)
        throw refuse('file', `什麼都沒有寫入，有 ${total} 處要改：\n${problems.slice(0, 5).join('\n')}`);
      if (drastic && !force)
        throw refuse(
          'force',
          `現有 ${counts.now} 行，會刪去 ${counts.removed} 行。整張表真的要換成這個文件，請勾上。`,
        );
      const kept = await visit.services.content.keep(file.name, file.bytes);
      const to = await visit.start(bringFile, { kind, file: kept, name: file.name, force });
      return done(`開始導入${contentNames[kind]}。`, { to, after: counts });
    },
  ),
  download(
    '/content/:kind/file',
    may('content.see'),
    { what: '下載旅行資料', asks: oneTable },
    async ({ services, now }, { kind }) => ({
      name: `${kind}-${beijingDay(now)}.csv`,
      type: 'text/csv; charset=utf-8',
      body: services.content.csv(kind),
    }),
  ),
];
