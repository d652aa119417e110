import { PassThrough, Readable } from 'node:stream';
import { z } from 'zod';
import { beijingMoment, momentAt } from '../../kit/beijing';
import { canonical } from '../../kit/canonical';
import { randomId } from '../../kit/ids';
import { type Row, unread } from '../../sheets/grid';
import type { Problem } from '../../sheets/problems';
import { type Cell, plainCell } from '../../sheets/safe-cells';
import { type SheetFormat, writeSheet } from '../../sheets/sheet';
import type { Reply } from '../../wechat/protocol/reply';
import { problemOf } from './problems';
import type { Match, Rule, RuleChange } from './rule';

/** What bringing a file would do, or did; with problems nothing was written. */
export type RuleFileReport = { added: number; changed: number; same: number; problems: string[] };

/** Columns of the file, as the team calls them. Several words stand on lines of their own, several replies between lines of 「---」. */
export const ruleColumns = [
  '編號',
  '名稱',
  '整句',
  '含有',
  '按鈕',
  '回覆',
  '方式',
  '優先',
  '開始',
  '結束',
  '狀態',
] as const;
type Column = (typeof ruleColumns)[number];

const between = '\n---\n';
const modes = { all: '全部', random: '隨機' } as const;

/** What is no text stands as JSON, so that it comes back as it was. */
const other = z.union([
  z.strictObject({ kind: z.enum(['image', 'voice']), mediaId: z.string() }),
  z.strictObject({
    kind: z.literal('video'),
    mediaId: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('news'),
    articles: z.array(
      z.strictObject({
        title: z.string(),
        description: z.string().optional(),
        picUrl: z.string().optional(),
        url: z.string(),
      }),
    ),
  }),
]);

/** A rule as a line of the file. */
function ruleRow(rule: Rule): Record<Column, Cell> {
  const { _id, name, match, replies, mode, priority, validFrom, validUntil, on } = rule;
  const words = (kind: Match['kind']) =>
    match.flatMap((one) => (one.kind === kind ? one.words : [])).join('\n');
  const moment = (at: Date | undefined) => (at ? beijingMoment(at.getTime()) : '');
  return {
    編號: _id,
    名稱: name,
    整句: words('exact'),
    含有: words('contains'),
    按鈕: words('click'),
    回覆: replies.map((reply) => (reply.kind === 'text' ? reply.text : JSON.stringify(reply))).join(between),
    方式: modes[mode],
    優先: priority,
    開始: moment(validFrom),
    結束: moment(validUntil),
    狀態: on ? '啟用' : '停用',
  };
}

type Read = { id: string | undefined; change: RuleChange };

/** Rules as a CSV or a workbook; `about`: what it is and which of them are in it. */
export function ruleSheet(
  rules: readonly Rule[],
  { format, about }: { format: SheetFormat; about: [string, Cell][] },
): Readable {
  const out = new PassThrough();
  const columns = ruleColumns.map((title) => ({
    title,
    of: (row: Record<Column, Cell>) => row[title],
    width: 24,
  }));
  writeSheet({ format, columns, rows: Readable.from(rules.map(ruleRow)), out, about }).catch((error: Error) =>
    out.destroy(error),
  );
  return out;
}

/** Every line as a rule; a line whose number is one of ours changes that one. */
export function readRules(
  rows: readonly Row[],
  known: ReadonlyMap<string, Rule>,
): { read: Read[]; problems: Problem[] } {
  const problems: Problem[] = [];
  if (rows.length === 0) problems.push({ message: '沒有一行規則。' });
  const met = new Map<string, number>();
  const read = rows.flatMap(({ line, cells }): Read[] => {
    const cell = (column: Column): string => {
      const value = cells[column];
      return value === unread ? '' : plainCell(value);
    };
    const wrong = (column: Column, message: string): Read[] => {
      problems.push({ line, column, message });
      return [];
    };
    const id = cell('編號') || undefined;
    if (id !== undefined && !known.has(id)) return wrong('編號', '這裡沒有這條規則；新的規則請空著');
    if (id !== undefined && known.get(id)?.removed) return wrong('編號', '這條規則已刪除，要先恢復');
    if (id !== undefined && met.has(id)) return wrong('編號', `與第 ${met.get(id)} 行重複`);
    if (id !== undefined) met.set(id, line);
    const name = cell('名稱');
    if (name === '' || name.length > 60) return wrong('名稱', '要有 1 到 60 個字');
    const priority = Number(cell('優先') || 0);
    if (!Number.isInteger(priority) || Math.abs(priority) > 100)
      return wrong('優先', '請填 -100 到 100 的整數');
    const [from, until] = [momentIn(cell('開始')), momentIn(cell('結束'))];
    if (Number.isNaN(from) || Number.isNaN(until))
      return wrong(Number.isNaN(from) ? '開始' : '結束', '請寫成 2026-12-01 08:00（北京時間）');
    const mode = cell('方式');
    if (!['', modes.all, modes.random, '随机'].includes(mode)) return wrong('方式', '請填「全部」或「隨機」');
    const replies = repliesIn(cell('回覆'));
    if (!replies) return wrong('回覆', '裡面的圖文或素材讀不懂；請在頁面上改這一條');
    const change: RuleChange = {
      name,
      match: [
        ...words('exact', cell('整句')),
        ...words('contains', cell('含有')),
        ...words('click', cell('按鈕')),
      ],
      replies,
      mode: mode === modes.random || mode === '随机' ? 'random' : 'all',
      priority,
      on: cell('狀態') !== '停用',
      validFrom: from === undefined ? undefined : new Date(from),
      validUntil: until === undefined ? undefined : new Date(until),
    };
    const problem = problemOf(change);
    if (!problem) return [{ id, change }];
    return wrong(
      problem.part === 'words' ? '整句' : problem.part === 'dates' ? '結束' : '回覆',
      problem.what,
    );
  });
  return { read, problems };
}

const words = (kind: Match['kind'], text: string): Match[] => {
  const list = text
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return list.length > 0 ? [{ kind, words: list }] : [];
};

/** NaN: it cannot be read. */
function momentIn(text: string): number | undefined {
  if (text === '') return undefined;
  return /^\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?$/.test(text)
    ? momentAt(text.length === 10 ? `${text} 00:00` : text)
    : Number.NaN;
}

function repliesIn(text: string): Reply[] | undefined {
  const replies = text.split(/\n-{3,}\n/).flatMap((piece): (Reply | undefined)[] => {
    const said = piece.trim();
    if (said === '') return [];
    if (!said.startsWith('{"kind":')) return [{ kind: 'text', text: said }];
    try {
      return [other.parse(JSON.parse(said)) as Reply];
    } catch {
      return [undefined];
    }
  });
  return replies.every((one) => one !== undefined) ? replies : undefined;
}

const content = ({ name, match, replies, mode, priority = 0, on = true, ...dates }: RuleChange) =>
  canonical({
    name,
    match: match.filter((one) => one.words.length > 0).toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    replies: replies.map((one) => (one.kind === 'text' ? { ...one, text: one.text.trim() } : one)),
    mode,
    priority,
    on,
    from: dates.validFrom?.getTime() ?? 0,
    until: dates.validUntil?.getTime() ?? 0,
  });

export const isSameRule = (rule: Rule, change: RuleChange): boolean => content(rule) === content(change);

export function ruleFrom(
  change: RuleChange,
  { before, by, now }: { before: Rule | undefined; by: string; now: Date },
): Rule {
  const { name, match, replies, mode, priority = 0, on = true, validFrom, validUntil } = change;
  const dates = { ...(validFrom ? { validFrom } : {}), ...(validUntil ? { validUntil } : {}) };
  const written = { name, match, replies, mode, priority, on, ...dates };
  if (!before) return { _id: randomId(), ...written, source: 'console', createdAt: now, by };
  const { validFrom: _from, validUntil: _until, ...kept } = before;
  return { ...kept, ...written, editedAt: now, editedBy: by, v: (before.v ?? 0) + 1 };
}
