import { expect, test } from 'vitest';
import { Memtable } from '../../../../src/lake/index.ts';
import type { RegisteredSchema } from '../../../../src/lake/values/schema-registry.ts';
import { FramedValues } from '../../../../src/lake/values/value-reader.ts';
import { ManualClock } from '../../processor/manual-clock.ts';

const RECORD = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'int' }] });
const framed = (id: number, ...bytes: number[]): Buffer => {
  const frame = Buffer.from([0, 0, 0, 0, 0, ...bytes]);
  frame.writeUInt32BE(id, 1);
  return frame;
};

class World {
  readonly clock = new ManualClock();
  readonly schemas = new Map<number, RegisteredSchema>();
  readonly asked: number[] = [];
  away = false;
  readonly values = new FramedValues(
    {
      schema: (id) => {
        this.asked.push(id);
        return this.away ? Promise.reject(new Error('away')) : Promise.resolve(this.schemas.get(id));
      },
    },
    this.clock,
  );

  async read(...values: Buffer[]): Promise<unknown[]> {
    const table = new Memtable();
    for (const [offset, value] of values.entries()) table.append(0, offset, 0, 0, null, value, []);
    const rows = table.freeze();
    await this.values.prepare(rows);
    return values.map((_value, row) => {
      const read = this.values.read(rows.chunk(row), rows.valuePosition(row), rows.valueLength(row));
      return typeof read === 'object' && read !== null ? { ...read } : read;
    });
  }
}

test('framed values of each kind and JSON without a frame are read', async () => {
  const world = new World();
  world.schemas.set(1, { type: 'AVRO', text: RECORD, references: [] });
  world.schemas.set(2, { type: 'JSON', text: '{}', references: [] });
  const proto = 'syntax = "proto3"; message M { int32 n = 1; }';
  world.schemas.set(3, { type: 'PROTOBUF', text: proto, references: [] });
  const json = framed(2, ...Buffer.from('{"n":2}'));
  expect(await world.read(framed(1, 2), json, framed(3, 0, 8, 3), Buffer.from('{"n":4}'), Buffer.from('text'))).toEqual(
    [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, undefined],
  );
  await world.read(framed(1, 2));
  expect(world.asked).toEqual([1, 2, 3]);
});

test('a value that is not what its schema says, or has none, cannot be read', async () => {
  const world = new World();
  world.schemas.set(1, { type: 'AVRO', text: RECORD, references: [] });
  world.schemas.set(2, { type: 'AVRO', text: '{"type":"what"}', references: [] });
  expect(await world.read(framed(1), framed(1, 2, 2), framed(2, 2), framed(9, 2))).toEqual([null, null, null, null]);
});

test('a schema that was not known is asked for again after a minute', async () => {
  const world = new World();
  expect(await world.read(framed(1, 2))).toEqual([null]);
  world.schemas.set(1, { type: 'AVRO', text: RECORD, references: [] });
  expect(await world.read(framed(1, 2))).toEqual([null]);
  await world.clock.advance(61_000);
  expect(await world.read(framed(1, 2))).toEqual([{ n: 1 }]);
});

test('a registry that is away is an error, and ids that are made up are bounded', async () => {
  const world = new World();
  const made = Array.from({ length: 500 }, (_none, id) => framed(id + 1, 2));
  expect(await world.read(...made)).toEqual(made.map(() => null));
  expect(world.asked).toHaveLength(100);
  world.away = true;
  await expect(world.read(framed(1000, 2))).rejects.toThrow('away');
});
