import type { FrozenMemtable } from './memtable.ts';
import type { PromotedColumn, PromotedType } from './promoted-columns.ts';

/** A value as the Parquet writer takes it: `long` and `timestamptz` (µs) as bigint, `date` in days. */
export type PromotedValue = number | bigint | string | boolean | null;

/** What promotion found in some rows. */
export interface Promotion {
  /** By column, then by row in the order that was asked for. */
  readonly columns: readonly PromotedValue[][];
  /** JSON values that were there but did not fit their column: null in it, whole in `value`. */
  readonly misfits: number;
}

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The fields of the value that lies in `chunk`: an object, undefined where it has no fields (a text, say), null where it has some that cannot be read.
 */
export type ReadValue = (chunk: Buffer, start: number, length: number) => unknown;

/** Takes the promoted columns out of the values of `rows`. A value without fields has none of them; that is no misfit. */
export function promote(
  frozen: FrozenMemtable,
  rows: Uint32Array,
  promoted: readonly PromotedColumn[],
  read: ReadValue = readJson,
): Promotion {
  const columns: PromotedValue[][] = promoted.map(() => new Array<PromotedValue>(rows.length).fill(null));
  let misfits = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const length = frozen.valueLength(row);
    if (length <= 0) continue;
    const parsed = read(frozen.chunk(row), frozen.valuePosition(row), length);
    if (parsed === null) misfits++;
    if (typeof parsed !== 'object' || parsed === null) continue;
    for (let column = 0; column < promoted.length; column++) {
      const { path, type } = promoted[column]!;
      const found = valueAt(parsed, path);
      if (found === undefined || found === null) continue;
      const fitted = fit(found, type) ?? null;
      if (fitted === null) misfits++;
      else columns[column]![at] = fitted;
    }
  }
  return { columns, misfits };
}

const OPENING_BRACE = 0x7b;

/** Reads a JSON object; what is none has no fields. */
export function readJson(chunk: Buffer, start: number, length: number): unknown {
  let first = start;
  while (first < start + length && chunk[first]! <= 0x20) first++;
  if (first === start + length || chunk[first] !== OPENING_BRACE) return undefined;
  return parseJson(chunk.toString('utf8', first, start + length));
}

interface ReviverContext {
  readonly source?: string;
}

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return holdsRounded(parsed) ? parseExactly(text) : parsed;
  } catch {
    return undefined;
  }
}

/** Whether some whole number may have been another one in the text: it is beyond what a double holds. */
function holdsRounded(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value) if (holdsRounded((value as Record<string, unknown>)[name])) return true;
  return false;
}

/** Such numbers as bigints, digit by digit, unless no column of whole numbers takes so many. */
function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d{1,20}$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  );
}

/** Nested fields win over one whose own name has dots. */
function valueAt(parsed: unknown, path: readonly string[]): unknown {
  let found = parsed;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
      return path.length > 1 ? (parsed as Record<string, unknown>)[path.join('.')] : undefined;
    }
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** The narrowest type that an inferred column could have for this value; undefined for what no column takes. */
export function fittingType(value: unknown): PromotedType | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number' || typeof value === 'bigint') return fitLong(value) === undefined ? 'double' : 'long';
  if (typeof value !== 'string') return undefined;
  if (fitDate(value) !== undefined) return 'date';
  return fitTimestamp(value) === undefined ? 'string' : 'timestamptz';
}

/** Undefined when the value does not fit the type. Nothing is converted but what loses nothing. */
function fit(value: unknown, type: PromotedType): PromotedValue | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return typeof value === 'number' && (value | 0) === value ? value : undefined;
    case 'long':
      return fitLong(value);
    case 'float':
      return typeof value === 'number' && Number.isFinite(Math.fround(value)) ? Math.fround(value) : undefined;
    case 'double':
      return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
    case 'date':
      return fitDate(value);
    case 'timestamptz':
      return fitTimestamp(value);
  }
}

function fitLong(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'bigint' && value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : undefined;
}

function fitDate(value: unknown): number | undefined {
  return typeof value === 'string' && DATE.test(value) && isDay(value) ? Date.parse(value) / DAY_MS : undefined;
}

/** Whether there is such a day: the 30th of February is parsed as one of March. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && (Number(text.slice(8)) <= 28 || new Date(time).toISOString().slice(0, 10) === text);
}

/** Text of ISO 8601 with a zone, to the microsecond. Numbers say nothing of their unit and do not fit. */
function fitTimestamp(value: unknown): bigint | undefined {
  const found = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (found === null || !isDay(found[0].slice(0, 10))) return undefined;
  const fraction = found[2] ?? '';
  const time = Date.parse(found[0].replace(fraction, '').replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : BigInt(time) * 1000n + BigInt(fraction.slice(1, 7).padEnd(6, '0'));
}
