import { isUtf8 } from 'node:buffer';

/** A record as it lies in a batch. Bytes are borrowed, never kept. */
export interface DocumentRecord {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null for a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: readonly DocumentHeader[];
}

export interface DocumentHeader {
  /** UTF-8. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A record as a search document: what `_source` holds. */
export type DocumentSource = Record<string, unknown>;

/**
 * Bounds of one JSON value. A value beyond them is a document too, but of plain text (`message`): all of it is still found, and
 * neither a nesting bomb nor a value with a million names grows the field table or the stack.
 */
export const documentLimits = {
  /** Levels of objects and arrays, the value itself included. */
  depth: 64,
  /** Different member names, nested ones counted by their path. */
  members: 1000,
  /** UTF-8 bytes of a dotted field name. */
  nameBytes: 1024,
  /** UTF-8 bytes up to which a string is also an exact keyword. */
  keywordBytes: 256,
} as const;

/** True for a name of the value that would hide one of the record's own fields; it moves to `_original`. */
export function isReservedName(name: string): boolean {
  return (
    name === '@timestamp' ||
    name === '_kafka' ||
    name === '_original' ||
    name.startsWith('_kafka.') ||
    name.startsWith('@timestamp.') ||
    name.startsWith('_original.')
  );
}

/**
 * The search document of `record`: the value's JSON fields, or `message` (`message_base64` when the value is not UTF-8), with
 * `@timestamp` and `_kafka` of the record. Integers that a double cannot hold are kept digit by digit (`JSON.rawJSON`).
 */
export function sourceOf(record: DocumentRecord, partition: number): DocumentSource {
  const source: DocumentSource = record.value === null ? {} : valueFields(record.value);
  source['@timestamp'] = timestampText(record.timestamp);
  source['_kafka'] = kafkaFields(record, partition);
  return source;
}

/** ISO 8601 of a record timestamp, or the number where no date has it. */
function timestampText(timestamp: number): string | number {
  return Math.abs(timestamp) <= 8.64e15 ? new Date(timestamp).toISOString() : timestamp;
}

function valueFields(value: Uint8Array): DocumentSource {
  if (!isUtf8(value)) return { message_base64: base64(value) };
  const text = utf8(value);
  const parsed = looksLikeObject(value) ? parseObject(text) : undefined;
  if (parsed === undefined || !withinLimits(parsed)) return { message: text };
  const names = Object.keys(parsed);
  if (!names.some(isReservedName)) return parsed;
  const source: DocumentSource = {};
  const original: DocumentSource = {};
  for (const name of names) define(isReservedName(name) ? original : source, name, parsed[name]);
  source['_original'] = original;
  return source;
}

/** Sets an own property whatever its name is (`__proto__` included). */
function define(target: DocumentSource, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function looksLikeObject(value: Uint8Array): boolean {
  let at = 0;
  while (at < value.length && isJsonSpace(value[at]!)) at++;
  return value[at] === 0x7b;
}

function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

interface ReviverContext {
  readonly source?: string;
}

const withRaw = JSON as unknown as {
  parse(text: string, reviver: (name: string, value: unknown, context: ReviverContext) => unknown): unknown;
  rawJSON(text: string): object;
};

function keepDigits(_name: string, value: unknown, context: ReviverContext): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  const exact = Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
  return exact ? value : withRaw.rawJSON(context.source);
}

function parseObject(text: string): DocumentSource | undefined {
  try {
    const parsed: unknown = /\d{16}|\d[eE]/.test(text) ? withRaw.parse(text, keepDigits) : JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as DocumentSource)
      : undefined;
  } catch {
    return undefined; // Not JSON: the value is text.
  }
}

interface Level {
  readonly value: object;
  readonly depth: number;
  readonly path: number;
  readonly nameBytes: number;
}

/** Walks without recursion: the value may be nested deeper than the stack is. */
function withinLimits(root: DocumentSource): boolean {
  const paths = new Map<string, number>();
  const open: Level[] = [{ value: root, depth: 1, path: 0, nameBytes: 0 }];
  for (let level = open.pop(); level !== undefined; level = open.pop()) {
    if (level.depth > documentLimits.depth) return false;
    if (Array.isArray(level.value)) {
      for (const item of level.value) pushNested(open, level, item, level.path, level.nameBytes);
      continue;
    }
    for (const [name, item] of Object.entries(level.value)) {
      const nameBytes = pathBytes(level, name);
      if (nameBytes > documentLimits.nameBytes) return false;
      const id = `${level.path}/${name}`;
      const path = paths.get(id) ?? paths.size + 1;
      paths.set(id, path);
      if (paths.size > documentLimits.members) return false;
      pushNested(open, level, item, path, nameBytes);
    }
  }
  return true;
}

function pathBytes(level: Level, name: string): number {
  const own = Buffer.byteLength(name);
  if (level.path !== 0) return level.nameBytes + 1 + own;
  return isReservedName(name) ? own + '_original.'.length : own;
}

function pushNested(open: Level[], level: Level, item: unknown, path: number, nameBytes: number): void {
  if (typeof item !== 'object' || item === null || isRaw(item)) return;
  open.push({ value: item, depth: level.depth + 1, path, nameBytes });
}

function isRaw(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: object): boolean }).isRawJSON(value);
}

function kafkaFields(record: DocumentRecord, partition: number): DocumentSource {
  const kafka: DocumentSource = { partition, offset: record.offset, timestamp: record.timestamp };
  if (record.key !== null) {
    if (isUtf8(record.key)) kafka['key'] = utf8(record.key);
    else kafka['key_base64'] = base64(record.key);
  } else kafka['key'] = null;
  kafka['headers'] = headerFields(record.headers);
  if (record.value === null) kafka['tombstone'] = true;
  return kafka;
}

function headerFields(headers: readonly DocumentHeader[]): DocumentSource {
  const values = new Map<string, unknown[]>();
  for (const { key, value } of headers) {
    const text = value === null || isUtf8(value);
    const name = text ? utf8(key) : `${utf8(key)}_base64`;
    const rendered = value === null ? null : text ? utf8(value) : base64(value);
    const known = values.get(name);
    if (known === undefined) values.set(name, [rendered]);
    else known.push(rendered);
  }
  const fields: DocumentSource = {};
  for (const [name, all] of values) define(fields, name, all.length === 1 ? all[0] : all);
  return fields;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
