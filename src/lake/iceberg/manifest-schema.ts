import type { PartitionSpec } from '../schema.ts';
import { partitionAvro } from './transforms.ts';

/**
 * The Avro schemas of manifests and manifest lists, version 2 (spec: "Manifests", "Manifest Lists"). Every field carries its Iceberg id as
 * `field-id`; readers find fields by it.
 */

const field = (id: number, name: string, type: unknown): object => ({ name, type, 'field-id': id });
const optional = (id: number, name: string, type: unknown): object => ({
  ...field(id, name, ['null', type]),
  default: null,
});

/** A map by column id: Avro's maps have string keys only, so it is an array of pairs. */
function columnMap(id: number, name: string, keyId: number, valueId: number, value: string): object {
  const pair = {
    type: 'record',
    name: `k${keyId}_v${valueId}`,
    fields: [field(keyId, 'key', 'int'), field(valueId, 'value', value)],
  };
  return optional(id, name, { type: 'array', items: pair, logicalType: 'map' });
}

const list = (id: number, name: string, elementId: number, items: string): object =>
  optional(id, name, { type: 'array', items, 'element-id': elementId });

/** Partition fields are named by id in rows: `p1000`. In files they have a name that Avro takes. */
export const partitionKey = (fieldId: number): string => `p${fieldId}`;

function partitionRecord(
  spec: PartitionSpec,
  types: readonly string[],
  named: (name: string, id: number) => string,
): object {
  const seen = new Set<string>();
  const fields = spec.fields.map((part, index) => {
    // A named Avro type is defined once and then only named.
    const type = partitionAvro(types[index] ?? '') as { name?: string };
    const again = type.name !== undefined && seen.has(type.name);
    if (type.name !== undefined) seen.add(type.name);
    return optional(part['field-id'], named(part.name, part['field-id']), again ? type.name : type);
  });
  return { type: 'record', name: 'r102', fields };
}

function entrySchema(partition: object): object {
  const file = {
    type: 'record',
    name: 'r2',
    fields: [
      field(134, 'content', 'int'),
      field(100, 'file_path', 'string'),
      field(101, 'file_format', 'string'),
      field(102, 'partition', partition),
      field(103, 'record_count', 'long'),
      field(104, 'file_size_in_bytes', 'long'),
      columnMap(108, 'column_sizes', 117, 118, 'long'),
      columnMap(109, 'value_counts', 119, 120, 'long'),
      columnMap(110, 'null_value_counts', 121, 122, 'long'),
      columnMap(137, 'nan_value_counts', 138, 139, 'long'),
      columnMap(125, 'lower_bounds', 126, 127, 'bytes'),
      columnMap(128, 'upper_bounds', 129, 130, 'bytes'),
      optional(131, 'key_metadata', 'bytes'),
      list(132, 'split_offsets', 133, 'long'),
      list(135, 'equality_ids', 136, 'int'),
      optional(140, 'sort_order_id', 'int'),
      optional(143, 'referenced_data_file', 'string'),
    ],
  };
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      field(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      field(2, 'data_file', file),
    ],
  };
}

/** The schema of a manifest whose partition values are of these types. */
export function manifestSchema(spec: PartitionSpec, types: readonly string[]): object {
  const avroName = (name: string): string => {
    const clean = name.replace(/[^A-Za-z0-9_]/g, (letter) => `_x${letter.codePointAt(0)?.toString(16).toUpperCase()}`);
    return /^[0-9]/.test(clean) ? `_${clean}` : clean;
  };
  return entrySchema(partitionRecord(spec, types, avroName));
}

const SUMMARY = {
  type: 'record',
  name: 'r508',
  fields: [
    field(509, 'contains_null', 'boolean'),
    optional(518, 'contains_nan', 'boolean'),
    optional(510, 'lower_bound', 'bytes'),
    optional(511, 'upper_bound', 'bytes'),
  ],
};

/** The schema of a manifest list. */
export const MANIFEST_LIST_SCHEMA = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', { type: 'array', items: SUMMARY, 'element-id': 508 }),
    optional(519, 'key_metadata', 'bytes'),
  ],
};

/** Our names by field id, to read files of writers that use others. */
function namesIn(schema: unknown, names = new Map<number, string>()): Map<number, string> {
  if (Array.isArray(schema)) for (const part of schema) namesIn(part, names);
  else if (typeof schema === 'object' && schema !== null) {
    const { 'field-id': id, name, fields, items, type } = schema as Record<string, unknown>;
    if (typeof id === 'number') names.set(id, String(name));
    for (const part of [fields, items, type]) namesIn(part, names);
  }
  return names;
}

const NAMES = namesIn([entrySchema({ type: 'record', name: 'r102', fields: [] }), MANIFEST_LIST_SCHEMA]);
const PARTITION = 102;

/** A writer's schema with our names in it: fields by their ids, partition fields as `partitionKey`. */
export function withOurNames(schema: unknown, inPartition = false): unknown {
  if (Array.isArray(schema)) return schema.map((part) => withOurNames(part, inPartition));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { 'field-id': id, ...rest } = schema as Record<string, unknown>;
  const inside = inPartition || id === PARTITION;
  const changed: Record<string, unknown> = { ...rest };
  if (typeof id === 'number') changed['name'] = inPartition ? partitionKey(id) : (NAMES.get(id) ?? rest['name']);
  for (const part of ['fields', 'items', 'type'])
    if (typeof rest[part] === 'object') changed[part] = withOurNames(rest[part], inside);
  delete changed['default'];
  return changed;
}
