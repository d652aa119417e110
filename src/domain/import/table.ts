import { z } from 'zod';
import { day, isWord, time } from '../../sheets/cells';
import { type Problem, quoted, type Row } from '../../sheets/rows';
import type { City } from '../cities/city';

/** What rows are checked against. */
export type Lookups = {
  /** A city by its id or its name in either script. */
  city(text: string): City | undefined;
  /** Nothing can be known of a later day: two days from now, for clocks that differ. */
  latestOn: string;
};

/** What a row may complain about once its cells are read. */
export type Complain = (column: string, message: string) => void;

export type Stored = { _id: string };

/** A kind of table: the columns a file has, and the document one row becomes. */
export type TableKind = {
  collection: string;
  columns: string[];
  required: string[];
  /** Columns that a spreadsheet must have kept as text. */
  words: string[];
  /** Columns that hold days or times. */
  times: string[];
  /** Fields of the document that hold a city's id: no city can be taken away from under them. */
  cityFields: string[];
  read(given: { row: Row; place: number; lookups: Lookups }): { document: Stored } | { problems: Problem[] };
};

/** Declares a kind of table. `toDocument` may call `complain`; then what it returns is dropped. */
export function tableKind<Shape extends z.ZodRawShape>(given: {
  collection: string;
  cells: Shape;
  cityFields?: string[];
  toDocument(
    cells: z.output<z.ZodObject<Shape>>,
    context: { place: number; lookups: Lookups; complain: Complain },
  ): Stored | undefined;
}): TableKind {
  const schema = z.object(given.cells);
  const columns = Object.keys(given.cells);

  return {
    collection: given.collection,
    columns,
    cityFields: given.cityFields ?? [],
    words: columns.filter((name) => isWord(given.cells[name])),
    times: columns.filter((name) => [day, time].some((one) => one === given.cells[name])),
    required: columns.filter((name) => !z.safeParse(given.cells[name] as z.ZodType, undefined).success),
    read({ row, place, lookups }) {
      const parsed = schema.safeParse(row.cells);
      const problems: Problem[] = [];
      const complain: Complain = (column, message) =>
        problems.push({ line: row.line, column, message, ...valueOf(row.cells[column]) });
      if (!parsed.success) {
        for (const issue of parsed.error.issues) complain(String(issue.path[0]), issue.message);
        return { problems };
      }
      const document = given.toDocument(parsed.data, { place, lookups, complain });
      return document && problems.length === 0 ? { document } : { problems };
    },
  };
}

const valueOf = (value: unknown): { value?: string } => (value === undefined ? {} : { value: quoted(value) });
