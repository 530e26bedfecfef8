import { gunzipSync } from 'node:zlib';
import type { PartitionSpec, Schema, SortOrder } from '../schema.ts';
import { InvalidMetadata } from './invalid-metadata.ts';
import { parseJson, writeJson } from './json.ts';
import {
  column,
  id,
  integer,
  list,
  named,
  object,
  optional,
  partitionField,
  snapshot,
  statistics,
  text,
  texts,
} from './shapes.ts';

export { InvalidMetadata } from './invalid-metadata.ts';

/** A number where it is a safe integer, else a bigint (see json.ts). */
export type SnapshotId = number | bigint;

export interface Snapshot {
  readonly 'snapshot-id': SnapshotId;
  readonly 'parent-snapshot-id'?: SnapshotId | null;
  readonly 'sequence-number': number;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly summary?: Readonly<Record<string, string>>;
  readonly 'schema-id'?: number;
}

export interface SnapshotRef {
  readonly 'snapshot-id': SnapshotId;
  readonly type: 'branch' | 'tag';
  readonly 'min-snapshots-to-keep'?: number;
  readonly 'max-snapshot-age-ms'?: number;
  readonly 'max-ref-age-ms'?: number;
}

/** A file of statistics that an engine made of one snapshot (Puffin, or per partition). */
export interface StatisticsFile {
  readonly 'snapshot-id': SnapshotId;
  readonly 'statistics-path': string;
}

export interface SnapshotLogEntry {
  readonly 'snapshot-id': SnapshotId;
  readonly 'timestamp-ms': number;
}

export interface MetadataLogEntry {
  readonly 'metadata-file': string;
  readonly 'timestamp-ms': number;
}

/**
 * Table metadata, format version 2 (spec: "Table Metadata"), with the names of its JSON. Fields that this program does not know are kept
 * on every object, because all changes copy what is there.
 */
export interface TableMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': number;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly schemas: readonly Schema[];
  readonly 'current-schema-id': number;
  readonly 'partition-specs': readonly PartitionSpec[];
  readonly 'default-spec-id': number;
  readonly 'last-partition-id': number;
  readonly 'sort-orders': readonly SortOrder[];
  readonly 'default-sort-order-id': number;
  readonly properties: Readonly<Record<string, string>>;
  readonly 'current-snapshot-id'?: SnapshotId;
  readonly snapshots: readonly Snapshot[];
  readonly 'snapshot-log': readonly SnapshotLogEntry[];
  readonly 'metadata-log': readonly MetadataLogEntry[];
  readonly refs: Readonly<Record<string, SnapshotRef>>;
  readonly statistics: readonly StatisticsFile[];
  readonly 'partition-statistics': readonly StatisticsFile[];
}

/** Bounds what a compressed metadata file may grow to. */
const MAX_METADATA_BYTES = 512 * 1024 * 1024;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function need(condition: boolean, message: string): void {
  if (!condition) throw new InvalidMetadata(message);
}

const entry = object({ 'snapshot-id': id, 'timestamp-ms': integer });
const REQUIRED = object({
  'table-uuid': text,
  location: text,
  'last-sequence-number': integer,
  'last-updated-ms': integer,
  'last-column-id': integer,
  'current-schema-id': integer,
  'default-spec-id': integer,
  'last-partition-id': integer,
  'default-sort-order-id': integer,
  schemas: list(object({ 'schema-id': integer, fields: list(column) })),
  'partition-specs': list(object({ 'spec-id': integer, fields: list(partitionField(text, integer)) })),
  'sort-orders': list(object({ 'order-id': integer, fields: list(object({ 'source-id': optional(integer) })) })),
  'current-snapshot-id': optional(id),
  properties: optional(texts),
  refs: optional(named(object({ 'snapshot-id': id }))),
});
const LISTS = {
  snapshots: list(snapshot),
  'snapshot-log': list(entry),
  'metadata-log': list(object({ 'metadata-file': text, 'timestamp-ms': integer })),
  statistics: list(statistics),
  'partition-statistics': list(statistics),
} as const;

/** Everything that the rest of the code takes for granted. Throws InvalidMetadata. */
export function validateMetadata(metadata: TableMetadata): void {
  need(
    metadata.schemas.some((schema) => schema['schema-id'] === metadata['current-schema-id']),
    `current-schema-id ${metadata['current-schema-id']} is not among the schemas`,
  );
  need(
    metadata['partition-specs'].some((spec) => spec['spec-id'] === metadata['default-spec-id']),
    `default-spec-id ${metadata['default-spec-id']} is not among the partition specs`,
  );
  need(
    metadata['sort-orders'].some((order) => order['order-id'] === metadata['default-sort-order-id']),
    `default-sort-order-id ${metadata['default-sort-order-id']} is not among the sort orders`,
  );
  const snapshots = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const current = metadata['current-snapshot-id'];
  need(current === undefined || snapshots.has(current), `current-snapshot-id ${current} is not among the snapshots`);
  need(
    current === metadata.refs['main']?.['snapshot-id'],
    `the branch main and current-snapshot-id ${current} name different snapshots`,
  );
  for (const [name, ref] of Object.entries(metadata.refs))
    need(snapshots.has(ref['snapshot-id']), `ref '${name}' names a snapshot that the table does not have`);
  for (const snapshot of metadata.snapshots) {
    need(
      snapshot['sequence-number'] <= metadata['last-sequence-number'],
      `snapshot ${snapshot['snapshot-id']} has a sequence number above last-sequence-number`,
    );
    need(typeof snapshot['manifest-list'] === 'string', `snapshot ${snapshot['snapshot-id']} has no manifest list`);
  }
}

/** Fills in what the spec lets writers leave out. */
function normalized(raw: Record<string, unknown>): TableMetadata {
  const { 'current-snapshot-id': current, ...rest } = raw;
  const lists = Object.fromEntries(Object.keys(LISTS).map((name) => [name, raw[name] ?? []]));
  // Java wrote -1 for "none" once, others write null.
  const known = current === -1 || current === null || current === undefined ? undefined : (current as SnapshotId);
  const refs = (raw['refs'] ?? {}) as Record<string, SnapshotRef>;
  const main = known === undefined ? {} : { main: { 'snapshot-id': known, type: 'branch' } };
  return {
    ...rest,
    ...lists,
    properties: raw['properties'] ?? {},
    refs: { ...main, ...refs },
    ...(known === undefined ? {} : { 'current-snapshot-id': known }),
  } as unknown as TableMetadata;
}

/** Reads a metadata file (plain or gzip). Throws InvalidMetadata. */
export function parseMetadata(bytes: Uint8Array): TableMetadata {
  let raw: unknown;
  try {
    const plain =
      bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_METADATA_BYTES }) : bytes;
    raw = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch (error) {
    throw new InvalidMetadata('the metadata file is not JSON', { cause: error });
  }
  return metadataFrom(raw);
}

/** Checks an object that was parsed from JSON. Throws InvalidMetadata. */
export function metadataFrom(raw: unknown): TableMetadata {
  if (!isObject(raw)) throw new InvalidMetadata('the metadata is not a JSON object');
  need(raw['format-version'] === 2, `format-version ${String(raw['format-version'])} is not supported, only 2 is`);
  REQUIRED(raw, '');
  for (const [name, check] of Object.entries(LISTS)) optional(check)(raw[name], name);
  const metadata = normalized(raw);
  validateMetadata(metadata);
  return metadata;
}

/** The bytes of a metadata file. */
export function serializeMetadata(metadata: TableMetadata): Uint8Array {
  return new TextEncoder().encode(writeJson(metadata));
}

/** The schema that new files are written with. */
export function currentSchema(metadata: TableMetadata): Schema {
  const found = metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id']);
  if (found === undefined) throw new InvalidMetadata('the table has no current schema');
  return found;
}

/** The partition spec of an id. Throws InvalidMetadata. */
export function specOf(metadata: TableMetadata, id: number): PartitionSpec {
  const found = metadata['partition-specs'].find((spec) => spec['spec-id'] === id);
  if (found === undefined) throw new InvalidMetadata(`the table has no partition spec ${id}`);
  return found;
}

/** The snapshot of an id; the current one without; undefined when there is none. */
export function snapshotOf(
  metadata: TableMetadata,
  id: SnapshotId | undefined = metadata['current-snapshot-id'],
): Snapshot | undefined {
  return id === undefined ? undefined : metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === id);
}

/** From the current snapshot back through its parents, as far as they are kept. */
export function* ancestry(metadata: TableMetadata): Generator<Snapshot> {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  let next = metadata['current-snapshot-id'];
  while (next !== undefined) {
    const snapshot = byId.get(next);
    if (snapshot === undefined) return;
    // A parent that names itself would never end.
    byId.delete(next);
    yield snapshot;
    next = snapshot['parent-snapshot-id'] ?? undefined;
  }
}
