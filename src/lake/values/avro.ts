/**
 * Reads Avro's binary encoding (https://avro.apache.org/docs/1.11.1/specification/#binary-encoding) under a schema that comes at run time, from
 * bytes that anybody produced: what a count says is never believed beyond the bytes that are there.
 */

/** A schema that is none, or bytes that are not what it says. */
export class InvalidAvroValue extends Error {
  override readonly name = 'InvalidAvroValue';
}

/** Where the next value begins. */
interface Cursor {
  readonly bytes: Buffer;
  at: number;
  depth: number;
  /** Values so far that took no bytes. */
  empty: number;
}

type Read = (cursor: Cursor) => unknown;

const MAX_DEPTH = 64;
/** Values that take no bytes: more of them would cost without having been sent, and a schema can hold any number in itself. */
const MAX_EMPTY = 1000;
/** Decimals of more bytes, or more digits behind the point, stay bytes: no column takes them, and their digits would cost more than they say. */
const MAX_DECIMAL_BYTES = 64;
const MAX_SCALE = 100;

/** What reads values of the schema `text`; named types of `references` are known to it. Throws InvalidAvroValue. */
export function avroReader(text: string, references: readonly string[] = []): (bytes: Buffer) => unknown {
  const read = compileAll(text, references);
  return (bytes) => {
    const cursor = { bytes, at: 0, depth: 0, empty: 0 };
    const value = read(cursor);
    if (cursor.at !== bytes.length) throw new InvalidAvroValue('bytes are left after the value');
    return value;
  };
}

function compileAll(text: string, references: readonly string[]): Read {
  const names = new Map<string, { read: Read }>();
  try {
    for (const reference of references) compile(parsed(reference), '', names);
    return compile(parsed(text), '', names);
  } catch (error) {
    if (error instanceof InvalidAvroValue) throw error;
    throw new InvalidAvroValue('the schema is nested too deep', { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A primitive type may be registered without quotes.
    return text.trim();
  }
}

const PRIMITIVES: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['null', () => null],
  ['boolean', (cursor) => take(cursor, 1)[0] !== 0],
  ['int', long],
  ['long', long],
  ['float', (cursor) => take(cursor, 4).readFloatLE()],
  ['double', (cursor) => take(cursor, 8).readDoubleLE()],
  ['bytes', (cursor) => take(cursor, count(cursor))],
  ['string', (cursor) => take(cursor, count(cursor)).toString('utf8')],
]);

interface SchemaObject {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly logicalType?: unknown;
  readonly fields?: unknown;
  readonly symbols?: unknown;
  readonly items?: unknown;
  readonly values?: unknown;
  readonly size?: unknown;
  readonly scale?: unknown;
}

function compile(schema: unknown, namespace: string, names: Map<string, { read: Read }>): Read {
  if (typeof schema === 'string') return named(schema, namespace, names);
  if (Array.isArray(schema)) {
    const branches = schema.map((branch) => compile(branch, namespace, names));
    // The index of the branch is a byte by itself.
    return (cursor) => deeper(cursor, branches[count(cursor)]);
  }
  if (typeof schema !== 'object' || schema === null) throw new InvalidAvroValue('a schema that is no schema');
  const object = schema as SchemaObject;
  switch (object.type) {
    case 'record':
    case 'error':
      return record(object, namespace, names);
    case 'enum': {
      const symbols = Array.isArray(object.symbols) ? (object.symbols as unknown[]) : [];
      return define(
        object,
        namespace,
        names,
        (cursor) => symbols[count(cursor)] ?? wrong('an enum without this symbol'),
      );
    }
    case 'fixed': {
      const size = Number(object.size);
      if (!Number.isSafeInteger(size) || size < 0) throw new InvalidAvroValue('a fixed type without a size');
      return define(
        object,
        namespace,
        names,
        logical(object, (cursor) => take(cursor, size)),
      );
    }
    case 'array': {
      const item = compile(object.items, namespace, names);
      return (cursor) => {
        const list: unknown[] = [];
        blocks(cursor, () => list.push(within(cursor, item)));
        return list;
      };
    }
    case 'map': {
      const value = compile(object.values, namespace, names);
      return (cursor) => {
        const map = fieldsObject();
        blocks(cursor, () => {
          const key = take(cursor, count(cursor)).toString('utf8');
          map[key] = within(cursor, value);
        });
        return map;
      };
    }
    default:
      return logical(object, compile(object.type, namespace, names));
  }
}

/** Without a prototype: names of fields come from elsewhere. */
const fieldsObject = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

function named(name: string, namespace: string, names: ReadonlyMap<string, { read: Read }>): Read {
  const primitive = PRIMITIVES.get(name);
  if (primitive !== undefined) return primitive;
  const found = names.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? names.get(name);
  if (found === undefined) throw new InvalidAvroValue(`the type '${name}' is not defined`);
  // Looked up when it is read: a record may hold itself.
  return (cursor) => found.read(cursor);
}

/** Gives a type its full name, by which it can be used from then on. */
function fullName({ name, namespace }: SchemaObject, outer: string): { full: string; inner: string } {
  const own = typeof name === 'string' ? name : '';
  const dot = own.lastIndexOf('.');
  const inner = dot >= 0 ? own.slice(0, dot) : typeof namespace === 'string' ? namespace : outer;
  return { full: dot >= 0 || inner === '' ? own : `${inner}.${own}`, inner };
}

function define(object: SchemaObject, namespace: string, names: Map<string, { read: Read }>, read: Read): Read {
  names.set(fullName(object, namespace).full, { read });
  return read;
}

function record(object: SchemaObject, namespace: string, names: Map<string, { read: Read }>): Read {
  const { full, inner } = fullName(object, namespace);
  const entry: { read: Read } = { read: () => wrong('a record before its definition') };
  names.set(full, entry);
  if (!Array.isArray(object.fields)) throw new InvalidAvroValue(`record '${full}' has no fields`);
  const fields = (object.fields as { name?: unknown; type?: unknown }[]).map(({ name, type }) => ({
    name: String(name),
    read: compile(type, inner, names),
  }));
  entry.read = (cursor) => {
    const value = fieldsObject();
    for (const { name, read } of fields) value[name] = within(cursor, read);
    return value;
  };
  return entry.read;
}

/** Reads a value that is part of another. */
function within(cursor: Cursor, read: Read): unknown {
  const { at } = cursor;
  const value = deeper(cursor, read);
  if (cursor.at === at && ++cursor.empty > MAX_EMPTY)
    throw new InvalidAvroValue(`more than ${MAX_EMPTY} values take no bytes`);
  return value;
}

function deeper(cursor: Cursor, read: Read | undefined): unknown {
  if (read === undefined) throw new InvalidAvroValue('a union without this branch');
  if (++cursor.depth > MAX_DEPTH) throw new InvalidAvroValue(`more than ${MAX_DEPTH} levels`);
  const value = read(cursor);
  cursor.depth--;
  return value;
}

function wrong(what: string): never {
  throw new InvalidAvroValue(what);
}

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new InvalidAvroValue('the bytes end within a value');
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

/** A variable-length zigzag integer: a number where it is safe, else a bigint. */
function long(cursor: Cursor): number | bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = take(cursor, 1)[0]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const signed = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    const near = Number(signed);
    return Number.isSafeInteger(near) ? near : signed;
  }
  throw new InvalidAvroValue('an integer without end');
}

/** A length or an index. */
function count(cursor: Cursor): number {
  const value = Number(long(cursor));
  return value < 0 ? wrong('a negative length') : value;
}

function blocks(cursor: Cursor, entry: () => void): void {
  for (;;) {
    let entries = Number(long(cursor));
    if (entries === 0) return;
    if (entries < 0) {
      entries = -entries;
      long(cursor);
    }
    for (; entries > 0; entries--) entry();
  }
}

const MICROS: Readonly<Record<string, (value: bigint) => bigint>> = {
  'timestamp-millis': (value) => value * 1000n,
  'timestamp-micros': (value) => value,
  'timestamp-nanos': (value) => value / 1000n,
};

/** Dates and times as the texts that JSON has for them, decimals as their digits; other logical types as what they lie in. */
function logical({ logicalType, scale }: SchemaObject, read: Read): Read {
  if (typeof logicalType !== 'string') return read;
  const micros = MICROS[logicalType];
  if (micros !== undefined) {
    return (cursor) => {
      const value = read(cursor);
      return isInteger(value) ? timeText(micros(BigInt(value))) : value;
    };
  }
  if (logicalType === 'date') {
    return (cursor) => {
      const days = read(cursor);
      return isInteger(days) ? (timeText(BigInt(days) * 86_400_000_000n)?.slice(0, 10) ?? days) : days;
    };
  }
  if (logicalType !== 'decimal') return read;
  const digits = Number.isSafeInteger(scale) ? Number(scale) : 0;
  return (cursor) => {
    const value = read(cursor);
    const isShort = Buffer.isBuffer(value) && value.length <= MAX_DECIMAL_BYTES && digits <= MAX_SCALE;
    return isShort ? decimalText(value, digits) : value;
  };
}

/** A schema may name a time whatever it likes. */
const isInteger = (value: unknown): value is number | bigint => typeof value === 'bigint' || Number.isInteger(value);

/** ISO 8601 in UTC; null for a time that is no date. */
export function timeText(micros: bigint): string | null {
  const millis = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n);
  const rest = Number(micros - millis * 1000n);
  if (millis > 8_640_000_000_000_000n || millis < -8_640_000_000_000_000n) return null;
  return new Date(Number(millis)).toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

function decimalText(bytes: Buffer, scale: number): string {
  if (bytes.length === 0) return '0';
  const unscaled = BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
  if (scale <= 0) return String(unscaled);
  const text = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
