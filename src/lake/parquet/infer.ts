import type { FrozenMemtable } from './memtable.ts';
import { fittingType, type ReadValue, readJson } from './promote.ts';
import {
  FIXED_COLUMNS,
  isColumnName,
  MAX_COLUMNS,
  type PromotedColumn,
  type PromotedType,
} from './promoted-columns.ts';

/** Rows that are looked at, evenly over all that there are. */
const SAMPLE_ROWS = 1000;
/** A field that fewer of the sampled values have gets no column: objects whose names are data would make one of each name. */
const LEAST_SHARE = 0.05;
const MAX_DEPTH = 8;
/** Different fields of a sample that are looked at. */
const MAX_FIELDS = 10_000;

/** What was seen of one field: `mixed` where no type fits all of its values. */
interface Seen {
  type: PromotedType | 'mixed';
  count: number;
}

/**
 * Columns for fields that no column is taken from yet. Whole numbers are long, others double, texts that are all dates or times with a zone are
 * that, else string. Fields with the name of a fixed column get `value.` before it. Nothing is inferred from fields with values of several types.
 */
export function inferColumns(
  frozen: FrozenMemtable,
  known: readonly PromotedColumn[],
  read: ReadValue = readJson,
): PromotedColumn[] {
  const fields = new Map<string, Seen>();
  let values = 0;
  const step = Math.max(1, Math.floor(frozen.rows / SAMPLE_ROWS));
  for (let row = 0; row < frozen.rows; row += step) {
    const length = frozen.valueLength(row);
    const parsed = length <= 0 ? undefined : read(frozen.chunk(row), frozen.valuePosition(row), length);
    if (typeof parsed !== 'object' || parsed === null) continue;
    values++;
    see(parsed, '', 1, fields);
  }
  return columnsOf(fields, values * LEAST_SHARE, known);
}

function see(parsed: object, prefix: string, depth: number, fields: Map<string, Seen>): void {
  if (Array.isArray(parsed)) return;
  for (const [name, value] of Object.entries(parsed) as [string, unknown][]) {
    if (value === null || value === undefined || name.includes('.')) continue;
    const path = prefix + name;
    if (typeof value === 'object' && !Buffer.isBuffer(value)) {
      if (depth < MAX_DEPTH) see(value, `${path}.`, depth + 1, fields);
      continue;
    }
    const seen = fields.get(path);
    const type = fittingType(value);
    if (seen !== undefined) {
      seen.count++;
      seen.type = joined(seen.type, type);
    } else if (fields.size < MAX_FIELDS) fields.set(path, { type: type ?? 'mixed', count: 1 });
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['long', 'double']);
const TEXTS: ReadonlySet<string> = new Set(['string', 'date', 'timestamptz']);

/** A type that values of both have. */
function joined(seen: Seen['type'], type: PromotedType | undefined): Seen['type'] {
  if (type === undefined || seen === 'mixed') return 'mixed';
  if (seen === type) return seen;
  if (NUMBERS.has(seen) && NUMBERS.has(type)) return 'double';
  return TEXTS.has(seen) && TEXTS.has(type) ? 'string' : 'mixed';
}

function columnsOf(
  fields: ReadonlyMap<string, Seen>,
  least: number,
  known: readonly PromotedColumn[],
): PromotedColumn[] {
  const taken = new Set(known.map(({ path }) => path.join('.')));
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  const columns: PromotedColumn[] = [];
  for (const [field, { type, count }] of fields) {
    if (known.length + columns.length >= MAX_COLUMNS) break;
    if (type === 'mixed' || count < least || taken.has(field) || !isColumnName(field)) continue;
    const isFixed = (FIXED_COLUMNS as readonly string[]).includes(field.toLowerCase());
    const name = isFixed ? `value.${field}` : field;
    if (names.has(name.toLowerCase())) continue;
    names.add(name.toLowerCase());
    columns.push({ name, path: field.split('.'), type });
  }
  return columns;
}
