import { type DataFile, FIELD_ID, type NestedField, parseSingleValue, type Schema } from '../lake/index.ts';
import { type Bounds, type Condition, type Constant, timeOf } from './bounds.ts';

const DAY_MS = 86_400_000;

type Comparable = number | bigint | Buffer;

/** Least and greatest value that fit a constant. They differ where the column is less exact than the constant. */
type Span = readonly [Comparable, Comparable];

/**
 * The column whose bounds in `file` say that no row of it is within `bounds`; undefined when there may be one. The bounds of a file may be wider
 * than its rows, never narrower.
 */
export function excludedBy(file: DataFile, schema: Schema, bounds: Bounds): string | undefined {
  for (const [name, id, unit] of [
    ['partition', FIELD_ID.partition, 1],
    ['offset', FIELD_ID.offset, 1],
    ['timestamp', FIELD_ID.timestamp, 1000],
  ] as const) {
    const { min = -Infinity, max = Infinity } = bounds[name] ?? {};
    const field = schema.fields.find((one) => one.id === id);
    if (field !== undefined && !overlaps(file, field, min * unit, max * unit)) return name;
  }
  for (const condition of bounds.conditions ?? []) {
    const field = schema.fields.find(({ name }) => name.toLowerCase() === condition.column);
    if (field !== undefined && !canHold(file, field, condition)) return field.name;
  }
  return undefined;
}

function canHold(file: DataFile, field: NestedField, { comparison, constants }: Condition): boolean {
  if (isAllNull(file, field)) return false;
  return constants.some((constant) => {
    const span = spanOf(constant, field.type);
    if (span === undefined) return true;
    return overlaps(file, field, comparison === '<=' ? undefined : span[0], comparison === '>=' ? undefined : span[1]);
  });
}

/** Null is equal to nothing, and less than nothing. */
function isAllNull(file: DataFile, { id }: NestedField): boolean {
  const values = file.valueCounts.get(id);
  return values !== undefined && values > 0 && file.nullValueCounts.get(id) === values;
}

/** Whether a value of the column may lie between `min` and `max`; undefined bounds nothing. */
function overlaps(file: DataFile, field: NestedField, min?: Comparable, max?: Comparable): boolean {
  const lower = bound(file.lowerBounds, field);
  const upper = bound(file.upperBounds, field);
  // NaN is greater than everything, and not within the bounds of a file.
  const reachesNan = (field.type === 'float' || field.type === 'double') && file.nanValueCounts.get(field.id) !== 0;
  if (min !== undefined && upper !== undefined && !reachesNan && isLess(upper, min)) return false;
  return max === undefined || lower === undefined || !isLess(max, lower);
}

function bound(bounds: ReadonlyMap<number, Uint8Array>, { id, type }: NestedField): Comparable | undefined {
  const bytes = bounds.get(id);
  const value = bytes === undefined || typeof type !== 'string' ? undefined : parseSingleValue(type, bytes);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'string' ? Buffer.from(value) : (value as Comparable | undefined);
}

function isLess(left: Comparable, right: Comparable): boolean {
  if (Buffer.isBuffer(left) && Buffer.isBuffer(right)) return Buffer.compare(left, right) < 0;
  return left < right;
}

/** Undefined where it is not known how DuckDB compares the two. */
function spanOf(constant: Constant, type: NestedField['type']): Span | undefined {
  const exactly = (value: Comparable): Span => [value, value];
  switch (type) {
    case 'boolean':
      return typeof constant === 'boolean' ? exactly(Number(constant)) : undefined;
    case 'int':
    case 'long':
    case 'double':
      return isNumber(constant) ? exactly(constant) : undefined;
    case 'float':
      // A decimal constant is compared as the float next to it.
      if (!isNumber(constant)) return undefined;
      return [Math.min(constant, Math.fround(constant)), Math.max(constant, Math.fround(constant))];
    case 'string':
      return typeof constant === 'object' && constant.cast === '' ? exactly(Buffer.from(constant.text)) : undefined;
    case 'date':
      return daySpan(constant);
    case 'timestamptz': {
      const time = timeOf(constant);
      return time === undefined ? undefined : [Math.floor(time) * 1000, Math.ceil(time) * 1000];
    }
    default:
      return undefined;
  }
}

function daySpan(constant: Constant): Span | undefined {
  if (typeof constant !== 'object' || (constant.cast !== '' && constant.cast !== 'DATE')) return undefined;
  if (!/^\d{4}-\d\d-\d\d$/.test(constant.text)) return undefined;
  const days = Date.parse(constant.text) / DAY_MS;
  return Number.isInteger(days) ? [days, days] : undefined;
}

/** Beyond 2^53 a double is not next to the integer that it stands for. */
function isNumber(constant: Constant): constant is number {
  return typeof constant === 'number' && Math.abs(constant) <= Number.MAX_SAFE_INTEGER;
}
