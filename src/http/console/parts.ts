/*
 * What pages are put together from; each has its template `templates/console/_<name>.html`, and they are shown together on
 * /console/parts where the simulator plays WeChat.
 */

export type Tone = 'green' | 'red' | 'yellow' | 'blue' | 'grey';

/** One cell: text alone, or with where it leads, what colour it has, a line below. `own`: somebody's own words, left in their script. */
export type Cell =
  | string
  | number
  | {
      text: string | number;
      href?: string;
      tone?: Tone;
      note?: string;
      own?: boolean;
      act?: CellAct[];
      tick?: Tick;
    };
/** A box before the text that belongs to a form elsewhere on the page, by its id. */
export type Tick = { form: string; name: string; value: string; label: string };
/** A button in a cell; `confirm` is asked before. */
export type CellAct = { to: string; label: string; confirm?: string; fields?: Record<string, string> };

export type Column = {
  label: string;
  number?: boolean;
  /** What `sort` in the address is, when one sorts by it. */
  sort?: string;
};
export type Filter =
  | { kind: 'text'; name: string; label: string; value: string | undefined }
  | { kind: 'day'; name: string; label: string; value: string | undefined }
  | {
      kind: 'select';
      name: string;
      label: string;
      value: string | undefined;
      options: Option[];
      /** What nothing chosen means; 「全部」 unless it is said. */
      none?: string;
    };
export type Option = { value: string; label: string };

export type Table = {
  /** For who hears it read: what it lists. */
  caption: string;
  columns: Column[];
  rows: Cell[][];
  /** Said where there is nothing, and the first step from there. */
  empty: { title: string; text: string; href?: string; label?: string };
  filters?: Filter[];
  /** The page without what is asked, `/prizes`. */
  path?: string;
  /** All that is asked now: it stays when one sorts or goes on. */
  asked?: Record<string, string | number | boolean | undefined>;
  /** Where the list goes on. */
  next?: string | undefined;
  /** How many there are, where that is known. */
  total?: number;
  /** Where the list is exported, with what is asked now; a POST that begins a task. */
  exports?: { to: string; label: string };
};

/** What fits on one line of a cell, a moment say, stays on it; what is longer gives way to it. */
const oneLine = 17;
/** A question of a survey can stand above a column: as much of it as a column has room for. */
const mostLabel = 16;
const heading = (label: string): string =>
  [...label].length > mostLabel ? `${[...label].slice(0, mostLabel).join('')}…` : label;

/** A table as its template takes it: every cell whole, every link made. */
export function table(given: Table) {
  const { path = '', asked = {}, columns } = given;
  const link = (more: Record<string, string | undefined>): string => {
    const all = { ...asked, cursor: undefined, ...more };
    const query = new URLSearchParams(
      Object.entries(all).flatMap(([name, value]): [string, string][] =>
        value === undefined || value === '' ? [] : [[name, String(value)]],
      ),
    ).toString();
    return query ? `${path}?${query}` : path;
  };
  const sorted = typeof asked['sort'] === 'string' ? asked['sort'] : '';
  return {
    caption: given.caption,
    columns: columns.map(({ label, number = false, sort = '' }) => ({
      label: heading(label),
      number,
      sorts: sort === '' ? '' : link({ sort: sorted === sort ? `-${sort}` : sort }),
      sorted:
        sort !== '' && sorted === sort
          ? 'ascending'
          : sort !== '' && sorted === `-${sort}`
            ? 'descending'
            : '',
    })),
    rows: given.rows.map((cells) =>
      cells.map((cell, n) => ({
        label: heading(columns[n]?.label ?? ''),
        number: columns[n]?.number ?? false,
        ...wholeCell(cell),
      })),
    ),
    empty: { href: '', label: '', ...given.empty },
    filters: (given.filters ?? []).map((filter) => ({
      ...filter,
      value: filter.value ?? '',
      options: filter.kind === 'select' ? filter.options : [],
      none: (filter.kind === 'select' && filter.none) || '全部',
    })),
    filtered: (given.filters ?? []).some(({ value }) => value !== undefined && value !== ''),
    path,
    first: asked['cursor'] === undefined ? '' : link({}),
    next: given.next === undefined ? '' : link({ cursor: given.next }),
    total: given.total === undefined ? '' : given.total.toLocaleString('en'),
    exports: given.exports
      ? {
          ...given.exports,
          fields: Object.entries(asked).flatMap(([name, value]) =>
            value === undefined || name === 'cursor' ? [] : [{ name, value: String(value) }],
          ),
        }
      : '',
  };
}

function wholeCell(cell: Cell) {
  const given = typeof cell === 'object' ? cell : { text: cell };
  const text = typeof given.text === 'number' ? given.text.toLocaleString('en') : given.text;
  return {
    href: '',
    tone: '',
    note: '',
    own: false,
    tick: '',
    ...given,
    text,
    short: text.length <= oneLine,
    act: (given.act ?? []).map(({ confirm = '', fields = {}, ...rest }) => ({
      ...rest,
      confirm,
      fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
    })),
  };
}

/** One field of a form. `value`: what is there now. */
export type Field = {
  name: string;
  label: string;
  kind:
    | 'text'
    | 'lines'
    | 'number'
    | 'day'
    | 'moment'
    | 'select'
    | 'radio'
    | 'ticks'
    | 'tick'
    | 'file'
    | 'password'
    | 'hidden'
    | 'url';
  value?: string | number | readonly string[] | boolean | undefined;
  help?: string;
  options?: readonly Option[];
  required?: boolean;
  most?: number;
  /** Of a file: what it may be, 「.xlsx,.csv」. */
  accept?: string;
  placeholder?: string;
};

export const field = (given: Field) => ({
  help: '',
  required: false,
  most: '',
  accept: '',
  placeholder: '',
  ...given,
  value:
    typeof given.value === 'object'
      ? ''
      : given.value === undefined || given.value === false
        ? ''
        : String(given.value),
  options: (given.options ?? []).map((option) => ({
    ...option,
    chosen: Array.isArray(given.value)
      ? given.value.includes(option.value)
      : String(given.value ?? '') === option.value,
  })),
});

export type Form = {
  /** The act it asks for. */
  to: string;
  fields: Field[];
  submit: string;
  /** Under this name what is being written is kept in the browser. */
  draft?: string;
  /** Which state it was written against, so that a kept draft knows whether somebody else was faster. */
  base?: string;
  tone?: 'primary' | 'danger';
  /** Where what comes back is shown, a selector. */
  into?: string;
  confirm?: string;
};
export const form = (given: Form) => ({
  draft: '',
  base: '',
  tone: 'primary',
  into: '',
  confirm: '',
  ...given,
  fields: given.fields.map(field),
});

/** A number, and the list behind it. */
export type Tile = { label: string; value: number | string; href?: string; note?: string };
export const tiles = (given: Tile[]) =>
  given.map((tile) => ({
    href: '',
    note: '',
    ...tile,
    value: typeof tile.value === 'number' ? tile.value.toLocaleString('en') : tile.value,
  }));

/** A button that asks for a reason first, in a dialog of its own. */
export type Confirm = {
  /** Of its own on the page. */
  id: string;
  to: string;
  label: string;
  title: string;
  text: string;
  /** The field `reason` is asked for, with this label. */
  reason?: string;
  submit: string;
  tone?: 'primary' | 'danger';
  fields?: Field[];
};
export const confirm = (given: Confirm) => ({
  reason: '',
  tone: 'danger',
  ...given,
  fields: (given.fields ?? []).map(field),
});

/** A state as a coloured word. */
export const badge = (text: string, tone: Tone): Cell => ({ text, tone });
