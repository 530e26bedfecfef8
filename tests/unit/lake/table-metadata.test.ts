import { describe, expect, test } from 'vitest';
import {
  applyUpdates,
  checkRequirements,
  dayOfMicros,
  emptyMetadata,
  InvalidMetadata,
  metadataFrom,
  parseJson,
  RequirementFailed,
  type Schema,
  SchemaRefusedByRules,
  type TableMetadata,
  writeJson,
} from '../../../src/lake/index.ts';
import { parseMetadata } from '../../../src/lake/iceberg/metadata.ts';
import { BY_DAY, SCHEMA } from './tables.ts';

const created = (): TableMetadata =>
  applyUpdates(
    emptyMetadata(5),
    [
      { action: 'assign-uuid', uuid: '9c12d441-03fe-4693-9a96-a0705ddf69c1' },
      { action: 'set-location', location: 's3://bucket/t' },
      { action: 'add-schema', schema: SCHEMA },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: BY_DAY },
      { action: 'set-default-spec', 'spec-id': -1 },
    ],
    5,
  );

const evolve = (fields: Schema['fields']) =>
  applyUpdates(
    created(),
    [
      { action: 'add-schema', schema: { ...SCHEMA, fields } },
      { action: 'set-current-schema', 'schema-id': -1 },
    ],
    6,
  );

describe('table metadata', () => {
  test('what another engine wrote stays, also fields that nobody here knows', () => {
    const raw = {
      ...(parseJson(writeJson(created())) as object),
      'row-lineage': { a: [1] },
      statistics: [{ 'snapshot-id': 9223372036854775001n, 'statistics-path': 's3://x', 'blob-metadata': [] }],
    };
    const text = writeJson(raw);
    expect(text).toContain('9223372036854775001');
    const after = applyUpdates(parseMetadata(Buffer.from(text)), [{ action: 'set-location', location: 's3://y' }], 9);
    expect(after).toMatchObject({ 'row-lineage': { a: [1] }, location: 's3://y' });
    expect(writeJson(after)).toContain('9223372036854775001');
  });

  test.each([
    ['another format', { 'format-version': 1 }],
    ['a current schema that is not there', { 'current-schema-id': 9 }],
    ['a default spec that is not there', { 'default-spec-id': 9 }],
    ['a current snapshot that is not there', { 'current-snapshot-id': 9 }],
    ['a location that is no text', { location: 3 }],
    ['snapshots that are no list', { snapshots: {} }],
  ])('%s is refused', (_, change) => {
    expect(() => metadataFrom({ ...created(), ...change })).toThrow(InvalidMetadata);
  });

  test('-1 and null both say that there is no snapshot', () => {
    for (const none of [-1, null])
      expect(metadataFrom({ ...created(), 'current-snapshot-id': none })['current-snapshot-id']).toBeUndefined();
  });

  test('its times never go back, whatever the clocks of its writers say', () => {
    const from = (id: number, milliseconds: number) =>
      [
        {
          action: 'add-snapshot',
          snapshot: {
            'snapshot-id': id,
            ...(id > 1 && { 'parent-snapshot-id': id - 1 }),
            'sequence-number': id,
            'timestamp-ms': milliseconds,
            'manifest-list': `s3://bucket/t/${id}.avro`,
          },
        },
        { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
      ] as const;
    const first = applyUpdates(created(), from(1, 5_000_000), 5_000_000);
    const second = applyUpdates(first, from(2, 1000), 5_000_100);
    const [back] = from(1, 0).slice(1);
    const third = applyUpdates(second, [back!], 300);
    expect(third['snapshot-log'].map((entry) => entry['timestamp-ms'])).toEqual([5_000_000, 5_000_100, 5_000_100]);
    expect(third['last-updated-ms']).toBe(5_000_100);
  });

  test('the branch main cannot become a tag', () => {
    const tag = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'tag', 'snapshot-id': 1 } as const;
    const snapshots = [{ 'snapshot-id': 1, 'sequence-number': 0, 'timestamp-ms': 5, 'manifest-list': 's3://x' }];
    expect(() => applyUpdates({ ...created(), snapshots }, [tag], 6)).toThrow(InvalidMetadata);
  });

  test('an unknown update is refused', () => {
    expect(() => applyUpdates(created(), [{ action: 'constructor' } as never], 6)).toThrow(InvalidMetadata);
  });
});

describe('schema evolution', () => {
  const [partition, offset, timestamp] = SCHEMA.fields;
  if (partition === undefined || offset === undefined || timestamp === undefined) throw new Error('three fields');

  test('an optional field is added, a type widened, a field renamed by its id, another dropped', () => {
    const next = evolve([
      { ...partition, type: 'long', name: 'shard' },
      timestamp,
      { id: 4, name: 'price', required: false, type: 'decimal(9, 2)' },
    ]);
    expect(next['current-schema-id']).toBe(1);
    expect(next['last-column-id']).toBe(4);
    expect(next.schemas).toHaveLength(2);
  });

  test.each([
    ['a new required field', { id: 4, name: 'x', required: true, type: 'int' } as const, /required/],
    ['an id that was used before', { id: 0, name: 'x', required: false, type: 'int' } as const, /was given before/],
    ['a name that is taken', { id: 4, name: 'offset', required: false, type: 'int' } as const, /two fields/],
  ])('%s is refused', (_, field, reason) => {
    expect(() => evolve([...SCHEMA.fields, field])).toThrow(reason);
  });

  test('a type that would lose values is refused', () => {
    expect(() => evolve([partition, { ...offset, type: 'int' }, timestamp])).toThrow(SchemaRefusedByRules);
    expect(() => evolve([partition, { ...offset, type: 'string' }, timestamp])).toThrow(/from long to string/);
  });
});

describe('requirements', () => {
  test('they hold for the table as it is and fail for one that moved', () => {
    const metadata = created();
    checkRequirements(metadata, [
      { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1000 },
    ]);
    checkRequirements(undefined, [{ type: 'assert-create' }]);
    const failing = [
      { type: 'assert-create' },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 4 },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 1 },
      { type: 'assert-of-the-future' } as never,
    ] as const;
    for (const requirement of failing)
      expect(() => checkRequirements(metadata, [requirement])).toThrow(RequirementFailed);
  });
});

test.each([
  ['schemas', [null]],
  ['schemas', [{ 'schema-id': 0, fields: [{ id: 1, name: 'x', required: true, type: 7 }] }]],
  ['partition-specs', [{ 'spec-id': 0, fields: [{}] }]],
  ['sort-orders', [null]],
  ['snapshots', [{}]],
  ['snapshot-log', [1]],
  ['metadata-log', [{ 'metadata-file': 1, 'timestamp-ms': 1 }]],
  ['refs', { main: null }],
  ['properties', { a: 1 }],
  ['last-column-id', 1.5],
])('metadata whose %s are %j is refused as such', (name, value) => {
  const raw = JSON.parse(writeJson(created())) as object;
  expect(() => metadataFrom({ ...raw, [name]: value })).toThrow(InvalidMetadata);
});

test('an integer of very many digits is not taken for an id', () => {
  expect(parseJson(`[9223372036854775807, ${'9'.repeat(300)}]`)).toEqual([9223372036854775807n, 1e300]);
});

test('a struct that is new may have required fields, whatever their number', () => {
  const fields = Array.from({ length: 150_000 }, (_none, at) => ({
    id: at + 10,
    name: `c${at}`,
    required: true,
    type: 'int' as const,
  }));
  const wide: Schema = {
    ...SCHEMA,
    fields: [...SCHEMA.fields, { id: 4, name: 'new', required: false, type: { type: 'struct', fields } }],
  };
  expect(applyUpdates(created(), [{ action: 'add-schema', schema: wide }], 6)['last-column-id']).toBe(150_009);
});

test('the day of a timestamp is rounded down, also before 1970', () => {
  expect([0, 86_399_999_999, 86_400_000_000, -1, -86_400_000_000].map(dayOfMicros)).toEqual([0, 0, 1, -1, -1]);
});
