import { isUtf8 } from 'node:buffer';

/** Where a record says something of itself: a header, or a field of a JSON value with dots for nested objects. */
export type RecordSource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'field'; readonly path: string };

/** How the records of a topic say until when they count. Plain data: it crosses threads. */
export interface ExpiryRule {
  /** Milliseconds that a record counts from its timestamp on. */
  readonly lifetime: RecordSource | undefined;
  /** The time from which on it does not: milliseconds since the epoch, or ISO 8601 with a zone. */
  readonly expires: RecordSource | undefined;
}

/** What of a record decides. */
export interface ExpiringRecord {
  /** Milliseconds since the epoch; -1 for none. */
  readonly timestamp: number;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[];
}

const SOURCE = /^(header|field):(.+)$/s;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
/** Longest text that is a number or a time. */
const MAX_TEXT = 64;

/** Reads `header:NAME` or `field:PATH`; undefined for anything else. */
export function parseRecordSource(text: string): RecordSource | undefined {
  const [, kind, name = ''] = SOURCE.exec(text) ?? [];
  if (kind === 'header') return { kind, name };
  return kind === 'field' && !name.split('.').includes('') ? { kind, path: name } : undefined;
}

/** The rule of two settings; undefined when both are empty. */
export function expiryRule(lifetime: string, expires: string): ExpiryRule | undefined {
  const rule = { lifetime: parseRecordSource(lifetime), expires: parseRecordSource(expires) };
  return rule.lifetime === undefined && rule.expires === undefined ? undefined : rule;
}

/** A rule as text, by which rules are compared; empty for none. */
export function ruleText(rule: ExpiryRule | undefined): string {
  const said = (source: RecordSource | undefined): string | null =>
    source === undefined ? null : `${source.kind}:${source.kind === 'header' ? source.name : source.path}`;
  return rule === undefined ? '' : JSON.stringify([said(rule.lifetime), said(rule.expires)]);
}

/**
 * When a record no longer counts, in ms since the epoch: infinite for one that does not say, or says something that is no number or time. Of two
 * times the earlier one holds.
 */
export function expiresAt(rule: ExpiryRule, record: ExpiringRecord): number {
  const said = new Sayings(record);
  const lifetime = rule.lifetime === undefined ? undefined : numberOf(said.of(rule.lifetime));
  const expires = rule.expires === undefined ? undefined : timeOf(said.of(rule.expires));
  // A record without a timestamp has no beginning to count from.
  const end = lifetime === undefined || lifetime < 0 || record.timestamp < 0 ? Infinity : record.timestamp + lifetime;
  return Math.min(end, expires ?? Infinity);
}

/** Whether a record no longer counts at `now`, ms since the epoch. */
export function isExpired(rule: ExpiryRule | undefined, record: ExpiringRecord, now: number): boolean {
  return rule !== undefined && expiresAt(rule, record) <= now;
}

/** What a record says; its value is read at most once. */
class Sayings {
  readonly #record: ExpiringRecord;
  #value: { readonly parsed: unknown } | undefined;

  constructor(record: ExpiringRecord) {
    this.#record = record;
  }

  of(source: RecordSource): unknown {
    if (source.kind === 'field') {
      this.#value ??= { parsed: parsed(this.#record.value) };
      return fieldOf(this.#value.parsed, source.path);
    }
    const wanted = Buffer.from(source.name);
    const bytes = this.#record.headers.findLast(({ key }) => wanted.equals(key))?.value ?? undefined;
    return bytes === undefined || bytes.length > MAX_TEXT ? undefined : Buffer.from(bytes).toString('utf8');
  }
}

function parsed(value: Uint8Array | null): unknown {
  if (value === null || !isUtf8(value)) return undefined;
  try {
    return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A field by its path through nested objects, or by its own dotted name. */
function fieldOf(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.')) at = memberOf(at, name);
  return at === undefined ? memberOf(value, path) : at;
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function numberOf(said: unknown): number | undefined {
  if (typeof said === 'string') return /^\d{1,16}$/.test(said) ? Number(said) : undefined;
  return typeof said === 'number' && Number.isFinite(said) ? said : undefined;
}

function timeOf(said: unknown): number | undefined {
  const number = numberOf(said);
  if (number !== undefined || typeof said !== 'string' || !ISO_TIME.test(said)) return number;
  const time = Date.parse(said);
  return Number.isNaN(time) ? undefined : time;
}
