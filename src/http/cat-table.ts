import { badRequest } from './error.ts';

/** A column of a `_cat` answer. */
export interface CatColumn<Row> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  /** Shown unless `h` says otherwise. */
  readonly shown: boolean;
  readonly right?: boolean;
  value(row: Row): string;
  /** What rows are sorted by, where that is not the text. */
  order?(row: Row): number;
}

/** Columns that `h` asks for, in its order; the usual ones without it. Unknown names are passed over, as Elasticsearch does. */
export function chosenColumns<Row>(
  columns: readonly CatColumn<Row>[],
  h: string | undefined,
): readonly CatColumn<Row>[] {
  if (h === undefined) return columns.filter(({ shown }) => shown);
  return h.split(',').flatMap((name) => {
    if (name === '*') return columns;
    const found = columns.find((column) => column.name === name || column.aliases.includes(name));
    return found === undefined ? [] : [found];
  });
}

/** Rows in the order of `s`: `column`, `column:desc`, comma list. Throws 400 for an unknown column. */
export function sortedRows<Row>(
  rows: readonly Row[],
  columns: readonly CatColumn<Row>[],
  s: string | undefined,
): readonly Row[] {
  if (s === undefined || s === '') return rows;
  const keys = s.split(',').map((key) => {
    const [name = '', direction] = key.split(':');
    const column = columns.find((one) => one.name === name || one.aliases.includes(name));
    if (column === undefined) throw badRequest(`Unable to sort by unknown sort key \`${name.slice(0, 100)}\``);
    return { column, sign: direction === 'desc' ? -1 : 1 };
  });
  return [...rows].sort((a, b) => {
    for (const { column, sign } of keys) {
      const order = compare(a, b, column) * sign;
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compare<Row>(a: Row, b: Row, column: CatColumn<Row>): number {
  if (column.order !== undefined) return column.order(a) - column.order(b);
  const [left, right] = [column.value(a), column.value(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Aligned text, with a line of names when `header`. */
export function tableText<Row>(rows: readonly Row[], columns: readonly CatColumn<Row>[], header: boolean): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const lines = header ? [columns.map(({ name }) => name), ...cells] : cells;
  const widths = columns.map((_column, index) => Math.max(0, ...lines.map((line) => line[index]!.length)));
  return lines
    .map((line) => {
      const padded = line.map((cell, index) => {
        const width = widths[index]!;
        return columns[index]!.right === true ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${padded.join(' ').trimEnd()}\n`;
    })
    .join('');
}

/** One object a row, all values as text. */
export function tableJson<Row>(rows: readonly Row[], columns: readonly CatColumn<Row>[]): object[] {
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column.name, column.value(row)])));
}

/** What `?help` answers. */
export function columnHelp<Row>(columns: readonly CatColumn<Row>[]): string {
  return columns.map(({ name, aliases, doc }) => `${name} | ${aliases.join(',')} | ${doc}\n`).join('');
}

const UNITS = ['b', 'kb', 'mb', 'gb', 'tb', 'pb'];

/** Bytes as Elasticsearch shows them (`1.5kb`), or as a plain number of the unit asked for. */
export function bytesText(bytes: number, unit: string | undefined): string {
  if (unit !== undefined) {
    const power = UNITS.findIndex((name) => name === unit || name[0] === unit);
    if (power < 0) throw badRequest(`[bytes] must be one of ${UNITS.join(', ')}`);
    return String(Math.floor(bytes / 1024 ** power));
  }
  let value = bytes;
  let power = 0;
  while (value >= 1024 && power < UNITS.length - 1) {
    value /= 1024;
    power++;
  }
  return `${power === 0 ? value : Math.round(value * 10) / 10}${UNITS[power]}`;
}
