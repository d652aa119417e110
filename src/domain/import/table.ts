import type { Columns, Values } from '../../sheets/columns';
import { readLine } from '../../sheets/columns';
import type { Row } from '../../sheets/grid';
import type { City } from '../cities/city';

/** What rows are checked against. */
export type Lookups = {
  /** A city by its id or its name in either script. */
  city(text: string): City | undefined;
  /** Nothing can be known of a later day: two days from now, for clocks that differ. */
  latestOn: string;
};

/** Once a cell: the first that is wrong with it. */
export type Complain = (column: string, message: string) => void;

export type Stored = { _id: string };

/** A kind of table: the columns a file has, and the document one row becomes. */
export type TableKind = {
  collection: string;
  columns: Columns;
  /** Fields of the document that hold a city's id: no city can be taken away from under them. */
  cityFields: string[];
  /** Undefined where something was complained of. */
  read(given: { row: Row; place: number; lookups: Lookups; complain: Complain }): Stored | undefined;
};

/** Declares a kind of table. `check` is given the cells that could be read, so that all faults of a row are told at once. */
export function tableKind<C extends Columns>(given: {
  collection: string;
  columns: C;
  cityFields?: string[];
  check?(cells: Partial<Values<C>>, context: { lookups: Lookups; complain: Complain }): void;
  toDocument(cells: Values<C>, context: { place: number; lookups: Lookups }): Stored | undefined;
}): TableKind {
  const { collection, columns, cityFields = [], check, toDocument } = given;
  return {
    collection,
    columns,
    cityFields,
    read({ row, place, lookups, complain }) {
      const { values, wrong } = readLine(columns, row, complain);
      let fine = wrong.size === 0;
      check?.(values, {
        lookups,
        complain(column, message) {
          fine = false;
          if (!wrong.has(column)) complain(column, message);
        },
      });
      return fine ? toDocument(values as Values<C>, { place, lookups }) : undefined;
    },
  };
}
