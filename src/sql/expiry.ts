import { FIELD_ID, type Schema } from '../lake/index.ts';
import type { ExpiryRule, RecordSource } from '../log/record-expiry.ts';
import { literal, quoted } from './column-types.ts';

/** Until when records of a topic count, and the time by which a query goes. Plain data: it crosses threads. */
export interface Counting {
  readonly rule: ExpiryRule;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Texts that `record-expiry.ts` takes for numbers and times; both have to say the same. */
const DIGITS = String.raw`\d{1,16}`;
const ISO_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)`;

/** The condition, in DuckDB's words, by which rows of a table's files are shown: they count, and were not deleted. Empty: all are. */
export function rowsThatCount(
  schema: Schema,
  counting: Counting | undefined,
  goneBelow: ReadonlyMap<number, number> = new Map(),
): string {
  const column = (id: number): string => quoted(schema.fields.find((field) => field.id === id)?.name ?? '');
  const [partition, offset] = [column(FIELD_ID.partition), column(FIELD_ID.offset)];
  const there = [...goneBelow].map(([number, end]) => `NOT (${partition} = ${number} AND ${offset} < ${end})`);
  return [...there, ...(counting === undefined ? [] : [countingCondition(schema, counting)])].join(' AND ');
}

/**
 * The condition, in DuckDB's words, that a row of a table's file counts: what `isExpired` says of a record of the log. Whatever cannot be read as a time
 * makes a row count.
 */
export function countingCondition({ fields }: Schema, { rule, now }: Counting): string {
  const column = (id: number): string => quoted(fields.find((field) => field.id === id)?.name ?? '');
  const said = (source: RecordSource): string =>
    source.kind === 'header'
      ? headerText(column(FIELD_ID.headers), source.name)
      : fieldText(column(FIELD_ID.value), source.path);
  const time = `epoch_ms(${column(FIELD_ID.timestamp)})`;
  const conditions: string[] = [];
  if (rule.lifetime !== undefined) {
    const lifetime = numberIn(said(rule.lifetime));
    conditions.push(`coalesce(${lifetime} < 0 OR ${time} < 0 OR ${time} + ${lifetime} > ${now}, true)`);
  }
  if (rule.expires !== undefined) {
    const text = said(rule.expires);
    conditions.push(`coalesce(coalesce(${numberIn(text)}, ${timeIn(text)}) > ${now}, true)`);
  }
  return conditions.join(' AND ');
}

/** The last header of a name, in quotes as a text of JSON has them. */
function headerText(headers: string, name: string): string {
  const last = `list_filter(${headers}, lambda h: h."key" = ${literal(name)})[-1]."value"`;
  return `('"' || TRY(decode(${last})) || '"')`;
}

/** A field of a JSON value as it is written there: by its path, or by its own dotted name. */
function fieldText(value: string, path: string): string {
  const at = (names: readonly string[]): string =>
    literal(`$${names.map((name) => `."${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join('')}`);
  const found = (names: readonly string[]): string => `TRY(json_extract(TRY(decode(${value})), ${at(names)}))`;
  const names = path.split('.');
  const text = names.length === 1 ? found(names) : `coalesce(${found(names)}, ${found([path])})`;
  return `(${text}::VARCHAR)`;
}

function numberIn(text: string): string {
  return `CASE WHEN regexp_full_match(${text}, '"${DIGITS}"') THEN TRY_CAST(trim(${text}, '"') AS DOUBLE)
    WHEN regexp_matches(${text}, '^[-0-9]') THEN TRY_CAST(${text} AS DOUBLE) END`;
}

function timeIn(text: string): string {
  const instant = `TRY_CAST(trim(${text}, '"') AS TIMESTAMP WITH TIME ZONE)`;
  return `CASE WHEN regexp_full_match(${text}, '"${ISO_TIME}"') THEN epoch_ms(${instant})::DOUBLE END`;
}
