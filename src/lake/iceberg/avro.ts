import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Type } from 'avsc';

/** Avro object container files (https://avro.apache.org/docs/1.11.1/specification/#object-container-files) of manifests and their lists. */

/** Bytes of a file that are not what Avro says. */
export class InvalidAvro extends Error {
  override readonly name = 'InvalidAvro';
}

const MAGIC = Buffer.from('Obj\x01', 'latin1');
const HEADER = {
  type: 'record',
  name: 'Header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'Magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'Sync', size: 16 } },
  ],
};
const BLOCK = { type: 'record', name: 'Block', fields: ['count', 'size'].map((name) => ({ name, type: 'long' })) };
const SYNC_BYTES = 16;
/** Rows in one block: bounds what a reader has to inflate at once. */
const BLOCK_ROWS = 1000;
/** Bounds what one block of a foreign file may inflate to. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

type Avsc = typeof import('avsc');
let library: Promise<Avsc> | undefined;

/** Loaded at first use: a broker without tables never pays for it. */
function avsc(): Promise<Avsc> {
  library ??= import('avsc').then((module) => (module as Avsc & { default?: Avsc }).default ?? module);
  return library;
}

/** A `long` that is a number where it is safe and a bigint where it is not: snapshot ids have 63 bits. */
function longType(avro: Avsc): Type {
  const type = avro.types.LongType as unknown as { __with(methods: Record<string, unknown>): Type };
  return type.__with({
    fromBuffer(bytes: Buffer) {
      const value = bytes.readBigInt64LE();
      const near = Number(value);
      return Number.isSafeInteger(near) ? near : value;
    },
    toBuffer(value: number | bigint) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value));
      return bytes;
    },
    fromJSON: (value: number) => value,
    toJSON: (value: number | bigint) => Number(value),
    isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
    compare: (a: number | bigint, b: number | bigint) => (a === b ? 0 : a < b ? -1 : 1),
  });
}

/** Where a value is read. What lies beyond the end reads as zeros: only the position tells. */
interface Tap {
  readonly pos: number;
  isValid(): boolean;
  readLong(): number;
  readString(): string;
}

interface Items {
  _read(tap: Tap): unknown;
}

/** Calls `entry` for each entry of an array or map. Each has a byte at least, so that a count is not believed beyond the bytes that are there. */
function entries(tap: Tap, entry: () => void): void {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.readLong();
    }
    for (; count > 0; count--) {
      const { pos } = tap;
      entry();
      if (tap.pos <= pos || !tap.isValid()) throw new InvalidAvro('a list ends within an entry');
    }
  }
}

type Hook = (schema: unknown, options: unknown) => Type | undefined;

/** Arrays and maps that end where their bytes do: the library's own make as many entries as a count says. */
function boundedLists(avro: Avsc): Hook {
  const { ArrayType, MapType } = avro.types as unknown as Record<
    'ArrayType' | 'MapType',
    new (
      schema: unknown,
      options: unknown,
    ) => Type
  >;
  class BoundedArray extends ArrayType {
    _read(tap: Tap): unknown[] {
      const { itemsType } = this as unknown as { readonly itemsType: Items };
      const items: unknown[] = [];
      entries(tap, () => items.push(itemsType._read(tap)));
      return items;
    }
  }
  class BoundedMap extends MapType {
    _read(tap: Tap): Record<string, unknown> {
      const { valuesType } = this as unknown as { readonly valuesType: Items };
      const values = Object.create(null) as Record<string, unknown>;
      entries(tap, () => {
        const name = tap.readString();
        values[name] = valuesType._read(tap);
      });
      return values;
    }
  }
  return (schema, options) => {
    const { type } = schema as { readonly type?: unknown };
    if (type === 'array') return new BoundedArray(schema, options);
    return type === 'map' ? new BoundedMap(schema, options) : undefined;
  };
}

/** Fields that a record may have when those of the records in it are counted with it: a schema can hold any number in itself. */
const MAX_FIELDS = 10_000;

/** Throws InvalidAvro for a schema whose values would be larger than anybody wrote them. */
function checkSize(schema: unknown): void {
  const named = new Map<string, number>();
  const sizeOf = (part: unknown): number => {
    if (typeof part === 'string') return named.get(part) ?? 1;
    if (Array.isArray(part)) return part.reduce<number>((size, branch) => size + sizeOf(branch), 1);
    if (typeof part !== 'object' || part === null) return 1;
    const { type, name, fields, items, values } = part as Record<string, unknown>;
    const own = Array.isArray(fields) ? (fields as { type?: unknown }[]).map((field) => field?.type) : [];
    let size = 1;
    for (const inner of [...own, items, values, typeof type === 'object' ? type : undefined]) {
      size += inner === undefined ? 0 : sizeOf(inner);
      if (size > MAX_FIELDS) throw new InvalidAvro('the schema of an Avro file is too large');
    }
    if (typeof name === 'string') named.set(name, size);
    return size;
  };
  sizeOf(schema);
}

/** Types are code that is made for a schema, which takes longer than to write or read a manifest with it. */
const types = new Map<string, Type>();
const MAX_TYPES = 64;
/** Schemas of other engines that are longer are not kept. */
const MAX_SCHEMA_LENGTH = 64 * 1024;

/** The type of a schema given as JSON. */
function typeOf(avro: Avsc, schema: unknown): Type {
  const text = JSON.stringify(schema);
  const known = types.get(text);
  if (known !== undefined) return known;
  checkSize(schema);
  const made = avro.Type.forSchema(schema as never, {
    registry: { long: longType(avro) },
    typeHook: boundedLists(avro) as never,
    wrapUnions: false,
    // Attributes such as `field-id` and logical types are for readers of the schema; values stay plain.
    omitRecordMethods: true,
  });
  if (types.size >= MAX_TYPES) types.clear();
  if (text.length <= MAX_SCHEMA_LENGTH) types.set(text, made);
  return made;
}

export interface AvroFile {
  readonly meta: ReadonlyMap<string, string>;
  readonly rows: readonly unknown[];
}

/** Writes rows with the deflate codec. `sync` are 16 random bytes. */
export async function writeAvro(
  schema: unknown,
  meta: Readonly<Record<string, string>>,
  rows: readonly unknown[],
  sync: Uint8Array,
): Promise<Uint8Array> {
  const avro = await avsc();
  const type = typeOf(avro, schema);
  const pairs = { ...meta, 'avro.schema': JSON.stringify(schema), 'avro.codec': 'deflate' };
  const entries = Object.entries(pairs).map(([name, value]) => [name, Buffer.from(value)]);
  const parts = [
    typeOf(avro, HEADER).toBuffer({
      magic: MAGIC,
      meta: Object.fromEntries(entries),
      sync: Buffer.from(sync),
    }),
  ];
  const blockType = typeOf(avro, BLOCK);
  for (let at = 0; at < rows.length; at += BLOCK_ROWS) {
    const block = rows.slice(at, at + BLOCK_ROWS);
    const data = deflateRawSync(Buffer.concat(block.map((row) => type.toBuffer(row))));
    parts.push(blockType.toBuffer({ count: block.length, size: data.byteLength }), data, Buffer.from(sync));
  }
  return Buffer.concat(parts);
}

/**
 * Reads a container file (codecs null and deflate). `rename` may give the writer's schema other field names before rows are decoded: names are
 * not in the data. Throws InvalidAvro.
 */
export async function readAvro(bytes: Uint8Array, rename: (schema: unknown) => unknown): Promise<AvroFile> {
  const avro = await avsc();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return decode(avro, buffer, rename);
  } catch (error) {
    throw error instanceof InvalidAvro ? error : new InvalidAvro('the Avro file cannot be read', { cause: error });
  }
}

function decode(avro: Avsc, buffer: Buffer, rename: (schema: unknown) => unknown): AvroFile {
  if (!buffer.subarray(0, 4).equals(MAGIC)) throw new InvalidAvro('not an Avro container file');
  const { value: header, offset } = typeOf(avro, HEADER).decode(buffer) as {
    value?: { meta: Record<string, Buffer>; sync: Buffer };
    offset: number;
  };
  if (header === undefined) throw new InvalidAvro('the Avro file ends within its header');
  const meta = new Map(Object.entries(header.meta).map(([name, value]) => [name, value.toString()]));
  const codec = meta.get('avro.codec') ?? 'null';
  if (codec !== 'null' && codec !== 'deflate') throw new InvalidAvro(`Avro codec '${codec}' is not supported`);
  const type = typeOf(avro, rename(JSON.parse(meta.get('avro.schema') ?? 'null')));
  const blockType = typeOf(avro, BLOCK);
  const rows: unknown[] = [];
  let at = offset;
  while (at < buffer.byteLength) {
    const { value: block, offset: start } = blockType.decode(buffer, at) as {
      value?: { count: number; size: number };
      offset: number;
    };
    const end = start + (block?.size ?? 0);
    if (block === undefined || block.size < 0 || end + SYNC_BYTES > buffer.byteLength)
      throw new InvalidAvro('the Avro file ends within a block');
    if (!buffer.subarray(end, end + SYNC_BYTES).equals(header.sync)) throw new InvalidAvro('a sync marker is wrong');
    const stored = buffer.subarray(start, end);
    const data = codec === 'deflate' ? inflateRawSync(stored, { maxOutputLength: MAX_BLOCK_BYTES }) : stored;
    let position = 0;
    for (let i = 0; i < block.count; i++) {
      const row = type.decode(data, position);
      // Rows of no bytes would let a few bytes claim any number of them.
      if (row.offset <= position) throw new InvalidAvro('a block ends within a row');
      rows.push(row.value);
      position = row.offset;
    }
    at = end + SYNC_BYTES;
  }
  return { meta, rows };
}
