import type { DataFile, PartitionValue } from '../data-file.ts';
import type { DeleteFile } from '../row-deletes.ts';
import { compareValues, singleValue } from '../single-value.ts';
import type { PartitionSpec } from '../schema.ts';
import { readAvro, writeAvro } from './avro.ts';
import { writeJson } from './json.ts';
import { MANIFEST_LIST_SCHEMA, manifestSchema, partitionKey, withOurNames } from './manifest-schema.ts';
import { currentSchema, type SnapshotId, type TableMetadata } from './metadata.ts';
import { partitionTypes } from './transforms.ts';

type Pairs<T> = readonly { readonly key: number; readonly value: T }[] | null;

/** `data_file` as it lies in a manifest; copied whole when a manifest is written anew. */
export interface FileRow {
  readonly content: number;
  readonly file_path: string;
  readonly file_format: string;
  readonly partition: Readonly<Record<string, PartitionValue>>;
  readonly record_count: number;
  readonly file_size_in_bytes: number;
  readonly column_sizes: Pairs<number>;
  readonly value_counts: Pairs<number>;
  readonly null_value_counts: Pairs<number>;
  readonly nan_value_counts: Pairs<number>;
  readonly lower_bounds: Pairs<Uint8Array>;
  readonly upper_bounds: Pairs<Uint8Array>;
  readonly key_metadata?: Uint8Array | null;
  readonly split_offsets: readonly number[] | null;
  readonly equality_ids?: readonly number[] | null;
  readonly sort_order_id: number | null;
  readonly referenced_data_file?: string | null;
}

/** Content of a data file and of a manifest. */
export const DATA = 0;
/** Content of a file of position deletes; 2 is equality deletes. */
export const POSITION_DELETES = 1;
/** Content of a manifest of delete files. */
export const DELETES = 1;

export const EXISTING = 0;
export const ADDED = 1;
export const DELETED = 2;

/** `manifest_entry`. Nulls are inherited from the manifest's row in the list (spec: "Sequence Number Inheritance"). */
export interface Entry {
  readonly status: number;
  readonly snapshot_id: SnapshotId | null;
  readonly sequence_number: number | null;
  readonly file_sequence_number: number | null;
  readonly data_file: FileRow;
}

interface FieldSummary {
  readonly contains_null: boolean;
  readonly contains_nan: boolean | null;
  readonly lower_bound: Uint8Array | null;
  readonly upper_bound: Uint8Array | null;
}

/** A row of a manifest list. */
export interface ManifestFile {
  readonly manifest_path: string;
  readonly manifest_length: number;
  readonly partition_spec_id: number;
  /** 0: data files, 1: delete files. */
  readonly content: number;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  readonly added_snapshot_id: SnapshotId;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly deleted_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly deleted_rows_count: number;
  readonly partitions: readonly FieldSummary[] | null;
  readonly key_metadata: Uint8Array | null;
}

const pairs = <T>(map: ReadonlyMap<number, T>): Pairs<T> =>
  map.size === 0 ? null : [...map].map(([key, value]) => ({ key, value }));
const bytePairs = (map: ReadonlyMap<number, Uint8Array>): Pairs<Uint8Array> =>
  pairs(new Map([...map].map(([key, value]) => [key, Buffer.from(value)])));
const mapOf = <T>(list: Pairs<T> | undefined): ReadonlyMap<number, T> =>
  new Map((list ?? []).map(({ key, value }) => [key, value]));
const forAvro = (value: PartitionValue | undefined): PartitionValue =>
  value instanceof Uint8Array ? Buffer.from(value) : (value ?? null);

/** A data file as a row. */
export function rowOf(file: DataFile, spec: PartitionSpec): FileRow {
  const values = spec.fields.map((field, i) => [partitionKey(field['field-id']), file.partition[i] ?? null] as const);
  return {
    content: 0,
    file_path: file.path,
    file_format: 'PARQUET',
    partition: Object.fromEntries(values),
    record_count: file.recordCount,
    file_size_in_bytes: file.fileSizeInBytes,
    column_sizes: pairs(file.columnSizes),
    value_counts: pairs(file.valueCounts),
    null_value_counts: pairs(file.nullValueCounts),
    nan_value_counts: pairs(file.nanValueCounts),
    lower_bounds: bytePairs(file.lowerBounds),
    upper_bounds: bytePairs(file.upperBounds),
    key_metadata: null,
    split_offsets: file.splitOffsets.length === 0 ? null : file.splitOffsets,
    equality_ids: null,
    sort_order_id: file.sortOrderId,
    referenced_data_file: null,
  };
}

/** A row as a data file. */
export function fileOf(row: FileRow, spec: PartitionSpec): DataFile {
  return {
    path: row.file_path,
    partition: spec.fields.map((field) => row.partition[partitionKey(field['field-id'])] ?? null),
    specId: spec['spec-id'],
    recordCount: row.record_count,
    fileSizeInBytes: row.file_size_in_bytes,
    columnSizes: mapOf(row.column_sizes),
    valueCounts: mapOf(row.value_counts),
    nullValueCounts: mapOf(row.null_value_counts),
    nanValueCounts: mapOf(row.nan_value_counts),
    lowerBounds: mapOf(row.lower_bounds),
    upperBounds: mapOf(row.upper_bounds),
    splitOffsets: row.split_offsets ?? [],
    sortOrderId: row.sort_order_id ?? 0,
  };
}

/** An entry of a table as a data file. */
export function dataFileOf({ data_file: row, sequence_number: sequence }: Entry, spec: PartitionSpec): DataFile {
  return { ...fileOf(row, spec), sequence: sequence ?? 0 };
}

/** An entry of a manifest of deletes. */
export function deleteFileOf(entry: Entry, spec: PartitionSpec): DeleteFile {
  const { content, file_format: format, equality_ids: ids, referenced_data_file: referenced } = entry.data_file;
  return {
    ...dataFileOf(entry, spec),
    sequence: entry.sequence_number ?? 0,
    kind: content === POSITION_DELETES ? 'position' : 'equality',
    equalityIds: ids ?? [],
    referencedFile: referenced ?? undefined,
    isGlobal: spec.fields.every(({ transform }) => transform === 'void'),
    format,
  };
}

/** Row values under the names that the file's schema has, by position. */
function partitionForFile(row: FileRow, spec: PartitionSpec, schema: object): Record<string, PartitionValue> {
  const found = JSON.parse(JSON.stringify(schema)) as {
    fields: { type: { fields: { name: string; type: { fields: { name: string }[] } }[] } }[];
  };
  const names = found.fields.at(-1)?.type.fields.find((field) => field.name === 'partition')?.type.fields ?? [];
  return Object.fromEntries(
    spec.fields.map((field, i) => [names[i]?.name ?? '', forAvro(row.partition[partitionKey(field['field-id'])])]),
  );
}

/** The bytes of a manifest of data files, or of delete files. */
export async function encodeManifest(
  metadata: TableMetadata,
  spec: PartitionSpec,
  entries: readonly Entry[],
  sync: Uint8Array,
  content: number = DATA,
): Promise<Uint8Array> {
  const schema = manifestSchema(spec, partitionTypes(spec, metadata.schemas));
  const current = currentSchema(metadata);
  const rows = entries.map((entry) => ({
    ...entry,
    data_file: { ...entry.data_file, partition: partitionForFile(entry.data_file, spec, schema) },
  }));
  const meta = {
    schema: writeJson(current),
    'schema-id': String(current['schema-id']),
    'partition-spec': writeJson(spec.fields),
    'partition-spec-id': String(spec['spec-id']),
    'format-version': '2',
    content: content === DATA ? 'data' : 'deletes',
  };
  return writeAvro(schema, meta, rows, sync);
}

/** Lowest and highest value of each partition field over the entries' files. */
function summaries(metadata: TableMetadata, spec: PartitionSpec, entries: readonly Entry[]): FieldSummary[] {
  const types = partitionTypes(spec, metadata.schemas);
  return spec.fields.map((field, i) => {
    const all = entries.map((entry) => entry.data_file.partition[partitionKey(field['field-id'])] ?? null);
    const values = all.filter((value) => value !== null && !Number.isNaN(value)) as Exclude<PartitionValue, null>[];
    const [first] = values;
    const type = types[i] ?? '';
    const reduce = (sign: number): Buffer | null =>
      first === undefined
        ? null
        : singleValue(
            type,
            values.reduce((a, b) => (compareValues(a, b) * sign <= 0 ? a : b), first),
          );
    return {
      contains_null: all.includes(null),
      contains_nan: all.some((value) => Number.isNaN(value)),
      lower_bound: reduce(1),
      upper_bound: reduce(-1),
    };
  });
}

/** The row of a manifest just written, in the list of the snapshot that writes it. */
export function manifestRow(
  metadata: TableMetadata,
  spec: PartitionSpec,
  entries: readonly Entry[],
  written: { readonly path: string; readonly length: number },
  by: { readonly snapshot: SnapshotId; readonly sequence: number },
  content: number = DATA,
): ManifestFile {
  const of = (status: number): Entry[] => entries.filter((entry) => entry.status === status);
  const rows = (status: number): number => of(status).reduce((sum, entry) => sum + entry.data_file.record_count, 0);
  const live = entries.filter((entry) => entry.status !== DELETED);
  return {
    manifest_path: written.path,
    manifest_length: written.length,
    partition_spec_id: spec['spec-id'],
    content,
    sequence_number: by.sequence,
    min_sequence_number: Math.min(by.sequence, ...live.map((entry) => entry.sequence_number ?? by.sequence)),
    added_snapshot_id: by.snapshot,
    added_files_count: of(ADDED).length,
    existing_files_count: of(EXISTING).length,
    deleted_files_count: of(DELETED).length,
    added_rows_count: rows(ADDED),
    existing_rows_count: rows(EXISTING),
    deleted_rows_count: rows(DELETED),
    partitions: summaries(metadata, spec, entries),
    key_metadata: null,
  };
}

/** The bytes of a manifest list. */
export function encodeManifestList(
  manifests: readonly ManifestFile[],
  snapshot: { readonly id: SnapshotId; readonly parent: SnapshotId | undefined; readonly sequence: number },
  sync: Uint8Array,
): Promise<Uint8Array> {
  const meta = {
    'snapshot-id': String(snapshot.id),
    'parent-snapshot-id': String(snapshot.parent ?? 'null'),
    'sequence-number': String(snapshot.sequence),
    'format-version': '2',
  };
  return writeAvro(MANIFEST_LIST_SCHEMA, meta, manifests, sync);
}

/** Rows of a manifest list. */
export async function decodeManifestList(bytes: Uint8Array): Promise<ManifestFile[]> {
  const { rows } = await readAvro(bytes, withOurNames);
  return (rows as ManifestFile[]).map((row) => ({
    ...row,
    partitions: row.partitions ?? null,
    key_metadata: row.key_metadata ?? null,
  }));
}

/** Entries of a manifest, with what they inherit from its row filled in. */
export async function decodeManifest(bytes: Uint8Array, manifest: ManifestFile): Promise<Entry[]> {
  const { rows } = await readAvro(bytes, withOurNames);
  return (rows as Entry[]).map((entry) => {
    // Only added files inherit; what is there already was written with its numbers.
    const inherited = entry.status === ADDED ? manifest.sequence_number : null;
    return {
      ...entry,
      snapshot_id: entry.snapshot_id ?? manifest.added_snapshot_id,
      sequence_number: entry.sequence_number ?? inherited,
      file_sequence_number: entry.file_sequence_number ?? inherited,
    };
  });
}
