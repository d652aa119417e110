import { z } from 'zod';
import type { Note } from '../../../domain/notes/notes';
import { csvOf } from '../../../domain/reports/csv';
import { beijingDay, beijingMoment } from '../../../kit/beijing';
import { maskWords } from '../../../kit/mask';
import { spellings } from '../../../kit/text';
import { act, done, download, may, page, type Visit } from '../console';
import { cursor, id, line, maybe, reason } from '../form';
import { type Cell, confirm, table } from '../parts';
import { nameFor, personCell, queryOf } from '../people';
import { slowly } from '../slowly';

const pageSize = 50;
const mostInFile = 5_000;
const filter = z.object({ q: maybe(line(60)) });
const one = z.object({ id });

/** `<when>~<id>`: where the list goes on. */
function readCursor(text: string | undefined): { at: number; id: string } | undefined {
  const [, at, last] = /^(\d{1,15})~(.+)$/.exec(text ?? '') ?? [];
  return at === undefined || last === undefined ? undefined : { at: Number(at), id: last };
}

/** A note as this visitor may read it. */
const shownFor = ({ may: can }: Pick<Visit, 'may'>, words: string): string =>
  can('people.full') ? words : maskWords(words);

/** As they are shown: who may not read a phone number does not find out by looking for it either. */
async function found(
  visit: Visit,
  { q, cursor: from, most }: { q?: string | undefined; cursor?: string | undefined; most: number },
): Promise<{ notes: Note[]; next?: string }> {
  const look = () => visit.services.notes.latest({ q, after: readCursor(from), most: most + 1 });
  const rows = await (q === undefined && most === pageSize ? look() : slowly(look));
  const ways = q === undefined ? [''] : spellings(q).map((way) => way.toLowerCase());
  const last = rows.length > most ? rows[most - 1] : undefined;
  return {
    notes: rows
      .slice(0, most)
      .map((note) => ({ ...note, words: shownFor(visit, note.words) }))
      .filter(({ words }) => ways.some((way) => words.toLowerCase().includes(way))),
    ...(last ? { next: `${last.at.getTime()}~${last._id}` } : {}),
  };
}

const namesOf = ({ services }: Visit, notes: Note[]): Promise<Map<string, string>> =>
  services.names.nameOf([...new Set(notes.map(({ pid }) => pid))]);

export default [
  page(
    '/notes',
    may('people.see'),
    {
      title: '備註',
      menu: { group: 'people', at: 70 },
      template: 'notes',
      asks: filter.extend({ cursor }),
      sees: '看大家的備註',
    },
    async (visit, asked) => {
      const { notes, next } = await found(visit, { ...asked, most: pageSize });
      const names = await namesOf(visit, notes);
      const removes = visit.may('people.note');
      return {
        file:
          notes.length > 0 && visit.may('people.export')
            ? `/notes/file${asked.q === undefined ? '' : `?${queryOf({ q: asked.q })}`}`
            : '',
        table: table({
          caption: '備註，新的在前',
          path: '/notes',
          asked,
          filters: [{ kind: 'text', name: 'q', label: '備註裡有', value: asked.q }],
          columns: [
            { label: '備註' },
            { label: '關於誰' },
            { label: '誰寫的' },
            { label: '時間' },
            ...(removes ? [{ label: '怎麼辦' }] : []),
          ],
          rows: notes.map(({ _id, pid, words, by, at }): Cell[] => [
            { text: words, own: true },
            personCell(visit, pid, names.get(pid) ?? ''),
            { text: by, own: true },
            beijingMoment(at.getTime()),
            ...(removes ? [{ text: '刪除…', href: `/notes/${_id}` }] : []),
          ]),
          next,
          empty: {
            title: '還沒有備註',
            text: '備註寫在一位用戶的檔案裡，或跟她對話的時候；誰寫的都會列在這裡。',
            href: '/subscribers',
            label: '去用戶',
          },
        }),
      };
    },
  ),
  download('/notes/file', may('people.export'), { what: '下載備註', asks: filter }, async (visit, { q }) => {
    const { notes, next } = await found(visit, { q, most: mostInFile });
    const names = await namesOf(visit, notes);
    return {
      name: `備註 ${beijingDay(visit.now)}.csv`,
      type: 'text/csv; charset=utf-8',
      body: await csvOf<Note>(
        [
          { title: '時間', of: ({ at }) => beijingMoment(at.getTime()) },
          { title: 'pid', of: ({ pid }) => pid },
          { title: '名字', of: ({ pid }) => nameFor(visit, names.get(pid) ?? '') },
          { title: '備註', of: ({ words }) => words },
          { title: '誰寫的', of: ({ by }) => by },
        ],
        notes,
        [
          q === undefined ? '所有備註' : `備註裡有「${q}」`,
          ...(next ? [`只有最新的 ${mostInFile} 條`] : []),
        ].join('，'),
      ),
    };
  }),
  page(
    '/notes/:id',
    may('people.note'),
    { title: '一條備註', template: 'note', asks: one, sees: '看一條備註' },
    async (visit, asked) => {
      const { _id, pid, words, by, at } = await visit.services.notes.get(asked.id);
      const names = await visit.services.names.nameOf([pid]);
      return {
        pid,
        name: nameFor(visit, names.get(pid) ?? ''),
        words: shownFor(visit, words),
        by,
        at: at.getTime(),
        remove: confirm({
          id: 'remove',
          to: `/notes/${_id}/remove`,
          label: '刪除',
          title: '刪除這條備註？',
          text: '刪了就沒有了，找不回來。誰刪的、為什麼，留在操作記錄裡；備註的話不留。',
          reason: '為什麼',
          submit: '刪除',
        }),
      };
    },
  ),
  act(
    '/notes/:id/remove',
    may('people.note'),
    { what: '刪除備註', asks: one.extend({ reason }) },
    async ({ services }, asked) => {
      // Her words are not for the audit: it stays when she is erased.
      const { pid, by, at } = await services.notes.remove(asked.id);
      return done('刪了。', { to: '/notes', before: { pid, by, at } });
    },
  ),
];
