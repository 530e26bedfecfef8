import { below, type Random } from '../src/base/random.ts';
import { inferColumns, Memtable, parsePromotedColumns, promote, readJson } from '../src/lake/index.ts';
import { avroReader, InvalidAvroValue } from '../src/lake/values/avro.ts';
import { InvalidProtobufValue, protobufReader } from '../src/lake/values/protobuf.ts';
import { mutate, within } from './mutate.ts';
import type { FuzzTarget } from './run.ts';

/** Values that a reader may make of so many bytes: what a value claims to hold it must have sent. */
const MAX_VALUES_A_BYTE = 100;
const FREE_VALUES = 20_000;

/** Refusing with the reader's own error is fine; so is a value, if it is no larger than what was sent. */
function reads(bytes: Buffer, read: (bytes: Buffer) => unknown, refusal: new (message?: string) => Error): void {
  let value: unknown;
  try {
    value = within(1000, () => read(bytes));
  } catch (error) {
    if (!(error instanceof refusal)) throw error;
    return;
  }
  const most = FREE_VALUES + MAX_VALUES_A_BYTE * bytes.length;
  if (countOf(value, most) > most) throw new Error(`${bytes.length} bytes became more than ${most} values`);
}

function countOf(value: unknown, most: number): number {
  let count = 0;
  for (const left = [value]; left.length > 0 && count <= most; count++) {
    const next = left.pop();
    if (typeof next === 'object' && next !== null && !Buffer.isBuffer(next))
      for (const inner of Object.values(next)) left.push(inner);
    else if (typeof next === 'string') count += next.length;
  }
  return count;
}

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const LOGICAL = ['timestamp-millis', 'timestamp-micros', 'date', 'decimal', 'uuid'];

/** A schema of every kind of type; now and then one that is none. */
function avroSchema(random: Random, depth = 0): unknown {
  const dice = below(random, depth > 4 ? 3 : 10);
  const inner = (): unknown => avroSchema(random, depth + 1);
  if (dice < 2) return PRIMITIVES[below(random, PRIMITIVES.length)];
  if (dice === 2)
    return {
      type: PRIMITIVES[below(random, PRIMITIVES.length)],
      logicalType: LOGICAL[below(random, LOGICAL.length)],
      scale: [0, 2, 1e9, -1][below(random, 4)],
    };
  if (dice === 3) return { type: 'array', items: inner() };
  if (dice === 4) return { type: 'map', values: inner() };
  if (dice === 5) return Array.from({ length: below(random, 4) }, inner);
  if (dice === 6) return { type: 'enum', name: `E${below(random, 3)}`, symbols: ['A', 'B'] };
  if (dice === 7) return { type: 'fixed', name: `F${below(random, 3)}`, size: [0, 3, 1e9][below(random, 3)] };
  if (dice === 8) return `R${below(random, 4)}`;
  const fields = Array.from({ length: below(random, 4) }, (_none, at) => ({ name: `f${at}`, type: inner() }));
  return { type: 'record', name: `R${below(random, 4)}`, fields };
}

function avroRound(random: Random): void {
  const text = JSON.stringify(avroSchema(random));
  const schema = below(random, 5) === 0 ? mutate(random, Buffer.from(text)).toString() : text;
  let read: (bytes: Buffer) => unknown;
  try {
    read = within(1000, () => avroReader(schema));
  } catch (error) {
    if (!(error instanceof InvalidAvroValue)) throw error;
    return;
  }
  const bytes = Buffer.from(random.bytes(below(random, 60)));
  // Small numbers are what counts and indexes are.
  if (below(random, 2) === 0) for (const at of bytes.keys()) bytes[at] = bytes[at]! % 7;
  reads(bytes, read, InvalidAvroValue);
}

const PROTO = `syntax = "proto3"; package p; import "google/protobuf/timestamp.proto";
message Order { string id = 1; repeated int64 n = 2; map<string, Order> more = 3; Kind kind = 4; bytes raw = 5;
  google.protobuf.Timestamp at = 6; oneof one { double d = 7; Order inner = 8; } repeated Order list = 9; fixed32 f = 10; }
message Other { optional bool yes = 1; sint32 s = 2; } enum Kind { NONE = 0; SOME = 1; }`;
const ORDER = Buffer.from([0, 10, 2, 97, 98, 18, 2, 1, 2, 74, 6, 10, 1, 99, 66, 1, 0, 50, 2, 8, 5]);

function jsonText(random: Random): string {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '1',
    '-',
    '.',
    'e',
    '9'.repeat(30),
    'null',
    'true',
    '"\\u00',
  ];
  if (below(random, 3) === 0)
    return Array.from({ length: below(random, 30) }, () => pieces[below(random, pieces.length)]).join('');
  const value = ['"2026-01-02"', '"2026-01-02T03:04:05Z"', '1e400', '12345678901234567890', '{"c":[]}', '"x"'];
  return `{"a":${value[below(random, value.length)]},"b":${value[below(random, value.length)]}}`;
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'values in avro',
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) avroRound(random);
    },
  },
  {
    name: 'values in protobuf',
    async run(random, iterations) {
      const read = await protobufReader(PROTO);
      for (let i = 0; i < iterations; i++) {
        const bytes = below(random, 4) === 0 ? Buffer.from(random.bytes(below(random, 80))) : mutate(random, ORDER);
        reads(bytes, read, InvalidProtobufValue);
      }
    },
  },
  {
    name: 'schemas in protobuf',
    async run(random, iterations) {
      for (let i = 0; i < iterations / 20; i++) {
        try {
          const read = await protobufReader(mutate(random, Buffer.from(PROTO)).toString());
          reads(ORDER, read, InvalidProtobufValue);
        } catch (error) {
          if (!(error instanceof InvalidProtobufValue)) throw error;
        }
      }
    },
  },
  {
    name: 'values in json',
    run(random, iterations) {
      const columns = parsePromotedColumns('a string, b long, a.c date, b.c timestamptz');
      for (let round = 0; round < iterations / 100; round++) {
        const table = new Memtable();
        for (let row = 0; row < 100; row++) {
          const text = Buffer.from(jsonText(random));
          table.append(0, row, 1, 0, null, below(random, 3) === 0 ? mutate(random, text) : text, []);
        }
        const frozen = table.freeze();
        inferColumns(frozen, columns);
        promote(
          frozen,
          Uint32Array.from({ length: frozen.rows }, (_none, row) => row),
          columns,
        );
      }
      within(1000, () => {
        for (const text of [`{"a":${'['.repeat(1e6)}`, `{"a":${'9'.repeat(1e6)}}`, `{"a":"${'\\'.repeat(1e6)}`])
          readJson(Buffer.from(text), 0, text.length);
      });
    },
  },
];
