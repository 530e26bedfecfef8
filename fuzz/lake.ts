import { inflateRawSync } from 'node:zlib';
import { systemClock } from '../src/base/clock.ts';
import { below, type Random } from '../src/base/random.ts';
import { commitOf, definitionOf } from '../src/http/iceberg/shapes.ts';
import { IcebergError } from '../src/http/iceberg/answers.ts';
import { bodyOf } from '../src/http/iceberg/bodies.ts';
import { InvalidAvro } from '../src/lake/iceberg/avro.ts';
import { creationUpdates } from '../src/lake/iceberg/creation.ts';
import { fieldsById, SchemaRefusedByRules } from '../src/lake/iceberg/evolution.ts';
import { keyIn } from '../src/lake/iceberg/files.ts';
import { writeJson } from '../src/lake/iceberg/json.ts';
import { logOffsetsOf } from '../src/lake/iceberg/log-offsets.ts';
import { decodeManifest, decodeManifestList } from '../src/lake/iceberg/manifest.ts';
import {
  ancestry,
  currentSchema,
  InvalidMetadata,
  parseMetadata,
  serializeMetadata,
  specOf,
  type TableMetadata,
} from '../src/lake/iceberg/metadata.ts';
import { checkRequirements, RequirementFailed } from '../src/lake/iceberg/requirements.ts';
import { partitionTypes } from '../src/lake/iceberg/transforms.ts';
import { applyUpdates, emptyMetadata } from '../src/lake/iceberg/updates.ts';
import { DELETE_FIELD_ID, verifyDataFile } from '../src/lake/index.ts';
import { DataFileReader } from '../src/lake/parquet/data-file-reader.ts';
import { UnreadableFile } from '../src/lake/parquet/group-reader.ts';
import { readDeletedRows } from '../src/lake/parquet/deleted-rows.ts';
import { memoryStore } from '../src/objects/memory.ts';
import {
  DELETES_KEY,
  PARQUET_KEY,
  PARQUET_SCHEMA,
  parquetFile,
  positionDeletes,
} from '../tests/unit/lake/parquet-file.ts';
import { newTable, someFile } from '../tests/unit/lake/tables.ts';
import { mutate, stopwatch, within } from './mutate.ts';
import type { FuzzTarget } from './run.ts';

type Refusal = abstract new (...of: never[]) => Error;

const refused = (error: unknown, ...kinds: readonly Refusal[]): void => {
  if (!kinds.some((kind) => error instanceof kind)) throw error;
};

/** An Avro container file with its rows as they are, so that what is changed in them is read. */
interface Container {
  readonly meta: ReadonlyMap<string, Buffer>;
  readonly count: number;
  readonly rows: Buffer;
}

function long(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value * 2; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

function opened(file: Buffer): Container {
  let at = 4;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = file[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value / 2;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return file.subarray(at - length, at);
  };
  const meta = new Map<string, Buffer>();
  for (let entries = number(); entries > 0; entries = number())
    for (; entries > 0; entries--) {
      const name = take(number()).toString();
      meta.set(name, take(number()));
    }
  take(16);
  const count = number();
  return { meta, count, rows: inflateRawSync(take(number())) };
}

function closed({ meta, count, rows }: Container): Buffer {
  const sync = Buffer.alloc(16, 7);
  const bytes = (of: Buffer): Buffer => Buffer.concat([long(of.length), of]);
  const entries = [...meta].flatMap(([name, value]) => [bytes(Buffer.from(name)), bytes(value)]);
  const head = [Buffer.from('Obj\x01', 'latin1'), long(meta.size), ...entries, long(0), sync];
  return Buffer.concat([...head, long(count), bytes(rows), sync]);
}

function damaged(random: Random, whole: Container): Buffer {
  const meta = new Map(whole.meta).set('avro.codec', Buffer.from('null'));
  const schema = whole.meta.get('avro.schema')!;
  if (below(random, 4) === 0) meta.set('avro.schema', Buffer.from(changedJson(random, schema.toString())));
  const rows = below(random, 3) === 0 ? whole.rows : mutate(random, whole.rows);
  const count = below(random, 4) === 0 ? [0, 2, 2 ** 40][below(random, 3)]! : whole.count;
  const file = closed({ meta, count, rows });
  return below(random, 6) === 0 ? mutate(random, file) : file;
}

const JUNK = [
  null,
  -1,
  0,
  1,
  2 ** 53,
  1e308,
  '',
  'x',
  '__proto__',
  true,
  [],
  {},
  [null],
  [{}],
  { a: null },
  [1],
  ['a'],
];

/** JSON with some of its values replaced, left out or put elsewhere. */
function changedJson(random: Random, text: string): string {
  const root = { root: JSON.parse(text) as unknown };
  for (let count = below(random, 4); count >= 0; count--) {
    const places: [Record<string, unknown>, string][] = [];
    const left: unknown[] = [root];
    while (left.length > 0) {
      const next = left.pop();
      if (typeof next !== 'object' || next === null) continue;
      for (const name of Object.keys(next)) {
        places.push([next as Record<string, unknown>, name]);
        left.push((next as Record<string, unknown>)[name]);
      }
    }
    if (places.length === 0) break;
    const [holder, name] = places[below(random, places.length)]!;
    const dice = below(random, 6);
    if (dice === 0) delete holder[name];
    else if (dice === 1) holder[name] = structuredClone(places[below(random, places.length)]![0]);
    else holder[name] = structuredClone(JUNK[below(random, JUNK.length)]);
  }
  const out = JSON.stringify(root.root ?? null);
  return below(random, 10) === 0 ? mutate(random, Buffer.from(out)).toString() : out;
}

async function someTable() {
  const { table, warehouse } = await newTable();
  for (const name of ['a', 'b']) await table.commit({ add: [someFile(table, name)] });
  const uri = table.metadata.snapshots.at(-1)!['manifest-list'];
  const list = Buffer.from(await warehouse.store.get(keyIn(warehouse, uri)));
  const [first] = await decodeManifestList(list);
  const manifest = Buffer.from(await warehouse.store.get(keyIn(warehouse, first!.manifest_path)));
  return { metadata: table.metadata, list, manifest, row: first! };
}

/** What is done with metadata that was taken. */
function use(metadata: TableMetadata): void {
  serializeMetadata(metadata);
  currentSchema(metadata);
  for (const schema of metadata.schemas) fieldsById(schema);
  partitionTypes(specOf(metadata, metadata['default-spec-id']), metadata.schemas);
  logOffsetsOf(metadata);
  if ([...ancestry(metadata)].length > metadata.snapshots.length) throw new Error('more ancestors than snapshots');
}

const COMMIT = {
  requirements: [
    { type: 'assert-table-uuid', uuid: 'u' },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
    { type: 'assert-current-schema-id', 'current-schema-id': 0 },
  ],
  updates: [
    { action: 'set-properties', updates: { owner: 'me' } },
    {
      action: 'add-snapshot',
      snapshot: {
        'snapshot-id': 5,
        'sequence-number': 9,
        'timestamp-ms': 7,
        'manifest-list': 'm',
        summary: { operation: 'append' },
      },
    },
    { action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': 5, type: 'branch' },
    { action: 'remove-snapshots', 'snapshot-ids': [4] },
    { action: 'set-statistics', statistics: { 'snapshot-id': 5, 'statistics-path': 's' } },
    { action: 'remove-properties', removals: ['owner'] },
    {
      action: 'add-sort-order',
      'sort-order': {
        fields: [{ transform: 'identity', 'source-id': 1, direction: 'asc', 'null-order': 'nulls-first' }],
      },
    },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'add-spec', spec: { fields: [{ 'source-id': 1, name: 'p', transform: 'bucket[4]' }] } },
    { action: 'set-default-spec', 'spec-id': -1 },
  ],
};
const NEW_TABLE = {
  name: 't',
  schema: {
    type: 'struct',
    fields: [
      { id: 1, name: 'a', required: true, type: 'long' },
      {
        id: 2,
        name: 'l',
        required: false,
        type: {
          type: 'list',
          'element-id': 3,
          element: { type: 'struct', fields: [{ id: 4, name: 'x', required: false, type: 'decimal(9, 2)' }] },
          'element-required': false,
        },
      },
    ],
  },
  'partition-spec': { fields: [{ 'source-id': 1, name: 'p', transform: 'identity' }] },
  'write-order': { fields: [] },
  properties: { a: 'b' },
};

/** For the largest body: most of it is to parse it. */
const LONGEST_MS = 10_000;
const BODY_REFUSALS = [IcebergError, InvalidMetadata, SchemaRefusedByRules, RequirementFailed];

function commitRound(text: string, metadata: TableMetadata): void {
  try {
    within(LONGEST_MS, () => {
      const { requirements, updates } = commitOf(bodyOf(Buffer.from(text)));
      try {
        checkRequirements(metadata, requirements);
      } catch (error) {
        refused(error, RequirementFailed);
      }
      use(applyUpdates(metadata, updates, 9));
    });
  } catch (error) {
    refused(error, ...BODY_REFUSALS);
  }
}

function createRound(text: string): void {
  try {
    within(LONGEST_MS, () => {
      const { schema, spec, order } = definitionOf(bodyOf(Buffer.from(text)));
      const made = creationUpdates({ uuid: 'u', location: 'memory:/t', schema, spec, sortOrder: order });
      use(applyUpdates(emptyMetadata(1), made, 9));
    });
  } catch (error) {
    refused(error, ...BODY_REFUSALS);
  }
}

/** The largest bodies that are taken in, made to cost as much as can be. */
function* largeBodies(): Generator<string> {
  const most = 16 * 1024 * 1024;
  const many = (entry: (at: number) => unknown, of: (entries: string) => string): string => {
    const entries: string[] = [];
    for (let bytes = 0; bytes < most - 1000; bytes += entries.at(-1)!.length + 1)
      entries.push(JSON.stringify(entry(entries.length)));
    return of(entries.join(','));
  };
  yield `{"updates":[{"action":"remove-statistics","snapshot-id":${'9'.repeat(most - 100)}}]}`;
  yield `{"updates":${'['.repeat(most / 2)}`;
  yield many(
    (at) => ({ action: 'remove-snapshots', 'snapshot-ids': [at] }),
    (updates) => `{"updates":[${updates}]}`,
  );
  const some = Array.from({ length: 1000 }, (_none, at) => ({ action: 'set-properties', updates: { [`p${at}`]: '' } }));
  yield many(
    (at) => `r${at}`,
    (names) => `{"updates":[{"action":"remove-properties","removals":[${names}]},${JSON.stringify(some).slice(1)}}`,
  );
  yield many(
    (at) => at,
    (ids) => `{"updates":[{"action":"remove-schemas","schema-ids":[${ids}]}]}`,
  );
}

function* largeTables(): Generator<string> {
  const fields = (count: number, required: boolean): string =>
    JSON.stringify(
      Array.from({ length: count }, (_none, at) => ({ id: at + 1, name: `c${at}`, required, type: 'int' })),
    );
  yield `{"schema":{"fields":${fields(200_000, true)}}}`;
  const inner = fields(150_000, true).replaceAll('"id":', '"id":9');
  yield `{"schema":{"fields":[{"id":1,"name":"new","required":false,"type":{"type":"struct","fields":${inner}}}]}}`;
  const nested = Array.from({ length: 40 }).reduce<unknown>(
    (type, _none, at) => ({ type: 'struct', fields: [{ id: at + 1, name: 'x', required: true, type }] }),
    'int',
  );
  yield `{"schema":{"fields":[{"id":99,"name":"a","required":true,"type":${JSON.stringify(nested)}}]}}`;
}

async function readAll(bytes: Uint8Array, file: Parameters<typeof verifyDataFile>[2]): Promise<void> {
  const store = memoryStore(systemClock);
  await store.put(PARQUET_KEY, bytes);
  const told = { ...file, fileSizeInBytes: bytes.length };
  const stop = stopwatch(2000, `a file of ${bytes.length} bytes`);
  for (const check of [
    () => verifyDataFile(store, PARQUET_KEY, told, PARQUET_SCHEMA),
    () => verifyDataFile(store, PARQUET_KEY, { ...told, sortOrderId: 0 }, PARQUET_SCHEMA),
    async () => {
      const reader = await DataFileReader.open(store, PARQUET_KEY, told, PARQUET_SCHEMA);
      while ((await reader.next()) !== undefined);
    },
    async () => {
      const reader = await DataFileReader.open(store, PARQUET_KEY, told, PARQUET_SCHEMA);
      while ((await reader.nextKeys()) !== undefined);
    },
  ])
    await check().catch((error: unknown) => refused(error, UnreadableFile));
  stop();
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'manifests of tables',
    async run(random, iterations) {
      const { list, manifest, row } = await someTable();
      const wholes = [opened(list), opened(manifest)] as const;
      for (let i = 0; i < iterations / 4; i++) {
        const stop = stopwatch(2000);
        await decodeManifestList(damaged(random, wholes[0])).catch((error: unknown) => refused(error, InvalidAvro));
        await decodeManifest(damaged(random, wholes[1]), row).catch((error: unknown) => refused(error, InvalidAvro));
        stop();
      }
    },
  },
  {
    name: 'metadata of tables',
    async run(random, iterations) {
      const { metadata } = await someTable();
      const text = writeJson(metadata);
      for (let i = 0; i < iterations / 4; i++)
        try {
          use(within(1000, () => parseMetadata(Buffer.from(changedJson(random, text)))));
        } catch (error) {
          refused(error, InvalidMetadata, SchemaRefusedByRules);
        }
    },
  },
  {
    name: 'bodies of the rest catalog',
    async run(random, iterations) {
      const { metadata } = await someTable();
      for (let i = 0; i < iterations / 4; i++) {
        commitRound(changedJson(random, JSON.stringify(COMMIT)), metadata);
        createRound(changedJson(random, JSON.stringify(NEW_TABLE)));
      }
    },
  },
  {
    name: 'large bodies of the rest catalog',
    async run() {
      const { metadata } = await someTable();
      for (const body of largeBodies()) commitRound(body, metadata);
      for (const body of largeTables()) {
        createRound(body);
        commitRound(
          body.replace('{"schema"', '{"updates":[{"action":"add-schema","schema"').replace(/}$/, '}]}'),
          metadata,
        );
      }
    },
  },
  {
    name: 'delete files of tables',
    async run(random, iterations) {
      const { file } = await parquetFile();
      const places = Array.from({ length: 100 }, (_none, at) => BigInt(at * 2));
      const whole = positionDeletes(file.path, places);
      for (let i = 0; i < iterations / 40; i++) {
        const bytes = mutate(random, whole.bytes);
        const store = memoryStore(systemClock);
        await store.put(DELETES_KEY, bytes);
        const one = { ...whole.file, fileSizeInBytes: bytes.length };
        const kinds = [one, { ...one, kind: 'equality' as const, equalityIds: [DELETE_FIELD_ID.position, 2, 5] }];
        const keyOf = (): string => DELETES_KEY;
        const options = { store, keyOf, schema: PARQUET_SCHEMA, memoryBytes: 1e6, pace: () => Promise.resolve() };
        for (const deletes of kinds)
          await readDeletedRows([{ file, deletes: [deletes] }], options).catch((error: unknown) =>
            refused(error, UnreadableFile),
          );
      }
    },
  },
  {
    name: 'parquet files of tables',
    async run(random, iterations) {
      const { bytes, file } = await parquetFile();
      for (let i = 0; i < iterations / 40; i++) {
        // Nothing covers the footer, so most of what is changed is there.
        const from = below(random, 4) === 0 ? 0 : Math.max(0, bytes.length - 1500);
        await readAll(Buffer.concat([bytes.subarray(0, from), mutate(random, bytes.subarray(from))]), file);
      }
    },
  },
];
