import { z } from 'zod';
import { beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { defineTask } from '../../kit/define-task';
import { maskBoardName } from '../../kit/mask';
import type { Column } from '../../sheets/sheet';
import type { Exports } from '../exports/exports';
import type { PersonRow } from '../people/people';
import type { Described } from './described';
import { type PeopleFilter, peopleFilter } from './people-filter';

type Named = Described & { name: string };
type Needs = {
  directory: {
    all(filter: PeopleFilter): AsyncIterable<PersonRow>;
    describe(row: PersonRow): Described;
    tell(filter: PeopleFilter): Promise<string>;
  };
  names: { nameOf(pids: string[]): Promise<Map<string, string>> };
  exports: Pick<Exports, 'people'>;
  clock: Clock;
};

const types = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' };
const batch = 500;

/** The list of people under a filter as a file; names as they are only where `full`. */
export const exportPeople = defineTask({
  name: 'people-export',
  input: z.object({ filter: peopleFilter, format: z.enum(['csv', 'xlsx']), full: z.boolean() }),
  title: ({ format }) => `導出用戶名單（${format.toUpperCase()}）`,
  async run({ directory, names, exports, clock }: Needs, { filter, format, full }, { by, progress, file }) {
    const told = await directory.tell(filter);
    let done = 0;
    async function* rows(): AsyncGenerator<Named> {
      for await (const some of inBatches(directory.all(filter))) {
        const called = await names.nameOf(some.map(({ _id }) => _id));
        for (const one of some) yield { ...directory.describe(one), name: called.get(one._id) ?? '' };
        done += some.length;
        await progress({ done });
      }
    }
    // A list of comma-separated values has no second sheet: its filter stands in its name.
    const of = told === '' ? '全部' : told.replace(/[\\/:*?"<>|\s]+/g, ' ').slice(0, 60);
    const out = file(`用戶 ${clock.day()} ${of}.${format}`, types[format]);
    const taken = await exports.people(
      { filter: told, columns: columnsOf(full), rows: rows() },
      { full, format, out, by },
    );
    return { text: `${taken.rows.toLocaleString('en')} 位。條件：${told === '' ? '全部' : told}。` };
  },
});

async function* inBatches(rows: AsyncIterable<PersonRow>): AsyncGenerator<PersonRow[]> {
  let some: PersonRow[] = [];
  for await (const row of rows) {
    some.push(row);
    if (some.length < batch) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

const columnsOf = (full: boolean): Column<Named>[] => [
  { title: 'pid', of: ({ pid }) => pid, width: 26 },
  { title: '名字', of: ({ name }) => (full ? name : maskBoardName(name)) },
  { title: '關注', of: ({ followedOn }) => followedOn },
  { title: '最後來過', of: ({ seenOn }) => seenOn },
  { title: '渠道', of: ({ channel }) => channel },
  { title: '用字', of: ({ script }) => script },
  { title: '城市', of: ({ city }) => city },
  { title: '階段', of: ({ stage }) => stage },
  { title: '積分', of: ({ points }) => points },
  { title: '綁定手機', of: ({ hasPhone }) => (hasPhone ? '是' : '') },
  { title: '購買次數', of: ({ purchases }) => purchases },
  { title: '消費（元）', of: ({ spentFen }) => spentFen / 100 },
  { title: '客服窗口到', of: ({ windowUntil }) => windowUntil && beijingMoment(windowUntil), width: 18 },
];
