import { lowerCase } from './analyzer.ts';
import { parseDateBytes } from './dates.ts';
import { documentLimits } from './document.ts';
import { type FieldSelection, selectExact, selectFields } from './field-selection.ts';
import { bestOf, nothing, type Plan, type PlanContext, scanPlan, scoredTerms } from './plan-types.ts';
import type { Query, QueryValue } from './query.ts';
import { rangeScan } from './term-scans.ts';
import type { NumberRange } from './view.ts';

type Of<Kind extends Query['kind']> = Extract<Query, { kind: Kind }>;

const encoder = new TextEncoder();
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that `text` writes; undefined for other text and for integers that a double cannot hold, which are text. */
export function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 400 || !NUMBER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : undefined;
}

/** Documents whose numbers in the selected fields equal `value`. */
export function numberPlans(
  value: number,
  { numbers, record }: FieldSelection,
  context: PlanContext,
  score: number,
): Plan[] {
  const { view } = context;
  const equal: NumberRange = { low: value, high: value };
  const columns = numbers
    .filter((field) => field.numbers)
    .map(({ id }): Plan => ({ kind: 'column', score, load: () => view.numbers(id, 'numbers', equal) }));
  return [...columns, ...record.map((field) => recordRange(field, equal, context, score))];
}

/** Documents whose record fields (offset, partition, time) are what `text` says. */
export function recordPlans(text: string, { record }: FieldSelection, context: PlanContext, score: number): Plan[] {
  const number = wholeNumber(text);
  return record.flatMap((field) => {
    const value = number ?? (field === 'timestamp' ? dateOf(text) : undefined);
    return value === undefined ? [] : [recordRange(field, { low: value, high: value }, context, score)];
  });
}

function dateOf(text: string): number | undefined {
  const bytes = encoder.encode(text.trim());
  const time = parseDateBytes(bytes, 0, bytes.length);
  return Number.isNaN(time) ? undefined : time;
}

function recordRange(
  field: FieldSelection['record'][number],
  range: NumberRange,
  { view }: PlanContext,
  score: number,
): Plan {
  if (field === 'timestamp') return { kind: 'column', score, load: () => view.timestampsIn(range) };
  if (field === 'partition') {
    return view.partition >= range.low && view.partition <= range.high ? { kind: 'all', score } : nothing;
  }
  const [from, to] = view.documentRange(Math.ceil(range.low), Math.floor(range.high) + 1);
  return { kind: 'column', score, load: () => Promise.resolve(documentsBetween(from, to)) };
}

function documentsBetween(from: number, to: number): Uint32Array {
  const documents = new Uint32Array(Math.max(0, to - from));
  for (let i = 0; i < documents.length; i++) documents[i] = from + i;
  return documents;
}

/** The exact value `text` in `fields`. */
export async function exactTerms(text: string, fields: Uint8Array, context: PlanContext, boost: number): Promise<Plan> {
  const bytes = encoder.encode(text);
  if (bytes.length > documentLimits.keywordBytes || !fields.includes(1)) return nothing;
  return bestOf(scoredTerms(await context.view.find('keyword', bytes, fields), bytes, context, boost));
}

/** Any of exact values: text, numbers, record fields. Several values score alike. */
export async function planTerm(query: Of<'term'>, context: PlanContext, boost: number): Promise<Plan> {
  const { view } = context;
  const selected = selectExact(view, query.field);
  const many = query.values.length > 1;
  const terms = [];
  const others: Plan[] = [];
  const ranges = new Set<number>();
  // In the order of the dictionary: many values are then found in few blocks.
  for (const value of many ? [...query.values].sort(byBytes) : query.values) {
    const bytes = encoder.encode(String(value));
    if (bytes.length <= documentLimits.keywordBytes && selected.keyword.includes(1)) {
      const found = await view.find('keyword', bytes, selected.keyword);
      if (many) terms.push(...found);
      else others.push(...scoredTerms(found, bytes, context, boost));
      await context.breathe();
    }
    const number = typeof value === 'number' ? value : typeof value === 'string' ? wholeNumber(value) : undefined;
    if (number !== undefined) ranges.add(number);
    else if (typeof value === 'string') others.push(...recordPlans(value, selected, context, boost));
  }
  for (const number of ranges) others.push(...numberPlans(number, selected, context, boost));
  if (terms.length > 0) others.push({ kind: 'terms', terms, score: boost });
  return bestOf(others);
}

function byBytes(a: QueryValue, b: QueryValue): number {
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Tokens, exact values, numbers and dates between bounds; all score alike. */
export function planRange(query: Of<'range'>, context: PlanContext, score: number): Plan {
  const { view } = context;
  const selected = selectFields(view, [query.field]);
  const parts: Plan[] = [];
  const numbers = numberBounds(query, (value) => (typeof value === 'number' ? value : wholeNumber(String(value))));
  if (numbers !== undefined) {
    for (const { id, numbers: has } of selected.numbers) {
      if (has) parts.push({ kind: 'column', score, load: () => view.numbers(id, 'numbers', numbers) });
    }
  }
  const times = numberBounds(query, (value) => (typeof value === 'number' ? value : dateOf(String(value))));
  if (times !== undefined) {
    for (const { id, dates } of selected.numbers) {
      if (dates) parts.push({ kind: 'column', score, load: () => view.numbers(id, 'dates', times) });
    }
  }
  for (const field of selected.record) {
    const bounds = numbers ?? (field === 'timestamp' ? times : undefined);
    if (bounds !== undefined) parts.push(recordRange(field, bounds, context, score));
  }
  const texts = textBounds(query);
  if (texts !== undefined) {
    parts.push(scanPlan('text', rangeScan(lowered(texts)), selected.text, context, score));
    parts.push(scanPlan('keyword', rangeScan(texts), selected.keyword, context, score));
  }
  return bestOf(parts);
}

const ENDS = ['gt', 'gte', 'lt', 'lte'] as const;

/** The range as inclusive numbers; undefined when a bound is none. */
function numberBounds(
  query: Of<'range'>,
  numberOf: (value: QueryValue) => number | undefined,
): NumberRange | undefined {
  let low = -Infinity;
  let high = Infinity;
  for (const end of ENDS) {
    const value = query[end];
    if (value === undefined) continue;
    const number = typeof value === 'boolean' ? undefined : numberOf(value);
    if (number === undefined || Number.isNaN(number)) return undefined;
    if (end === 'gt') low = Math.max(low, nextUp(number));
    else if (end === 'gte') low = Math.max(low, number);
    else if (end === 'lt') high = Math.min(high, -nextUp(-number));
    else high = Math.min(high, number);
  }
  return { low, high };
}

const cell = new Float64Array(1);
const cellBits = new BigInt64Array(cell.buffer);

/** The next double above `value`. */
function nextUp(value: number): number {
  if (value === Infinity) return value;
  if (value === 0) return Number.MIN_VALUE;
  cell[0] = value;
  cellBits[0]! += value > 0 ? 1n : -1n;
  return cell[0]!;
}

interface Texts {
  readonly gt: string | undefined;
  readonly gte: string | undefined;
  readonly lt: string | undefined;
  readonly lte: string | undefined;
}

/** The range as text; undefined when a bound is a number. Without bounds it is all text. */
function textBounds(query: Of<'range'>): Texts | undefined {
  const text = (value: QueryValue | undefined): string | undefined => (value === undefined ? undefined : String(value));
  if (ENDS.some((end) => typeof query[end] === 'number')) return undefined;
  return { gt: text(query.gt), gte: text(query.gte), lt: text(query.lt), lte: text(query.lte) };
}

function lowered({ gt, gte, lt, lte }: Texts): Texts {
  const lower = (value: string | undefined): string | undefined => (value === undefined ? undefined : lowerCase(value));
  return { gt: lower(gt), gte: lower(gte), lt: lower(lt), lte: lower(lte) };
}
