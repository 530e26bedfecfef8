import type { NestedField, PartitionSpec, Schema, SortOrder } from '../schema.ts';
import type { PromotedColumn } from './promoted-columns.ts';

/** Field ids of the columns that every table of a topic has. They never change: readers find columns by them. */
export const FIELD_ID = {
  partition: 1,
  offset: 2,
  timestamp: 3,
  timestampType: 4,
  key: 5,
  value: 6,
  headers: 7,
  header: 8,
  headerKey: 9,
  headerValue: 10,
} as const;

/** Ids of promoted columns begin here when a table is created; later ones continue from the table's last id. */
export const FIRST_PROMOTED_ID = 11;

const FIXED: readonly NestedField[] = [
  { id: FIELD_ID.partition, name: 'partition', required: true, type: 'int' },
  { id: FIELD_ID.offset, name: 'offset', required: true, type: 'long' },
  { id: FIELD_ID.timestamp, name: 'timestamp', required: true, type: 'timestamptz' },
  {
    id: FIELD_ID.timestampType,
    name: 'timestamp_type',
    required: true,
    type: 'int',
    doc: '0: of creation, 1: of append',
  },
  { id: FIELD_ID.key, name: 'key', required: false, type: 'binary' },
  { id: FIELD_ID.value, name: 'value', required: false, type: 'binary' },
  {
    id: FIELD_ID.headers,
    name: 'headers',
    required: true,
    type: {
      type: 'list',
      'element-id': FIELD_ID.header,
      'element-required': true,
      element: {
        type: 'struct',
        fields: [
          { id: FIELD_ID.headerKey, name: 'key', required: true, type: 'string' },
          { id: FIELD_ID.headerValue, name: 'value', required: false, type: 'binary' },
        ],
      },
    },
  },
];

/** The columns of a new topic's table: the fixed ones, then the promoted ones, which are all optional. */
export function recordSchema(promoted: readonly PromotedColumn[] = []): Schema {
  return fileSchema(promoted.map((column, at) => ({ ...column, id: FIRST_PROMOTED_ID + at })));
}

/** The columns of a file: the fixed ones, then these. */
export function fileSchema(columns: readonly (PromotedColumn & { readonly id: number })[]): Schema {
  const more = columns.map(({ id, name, type }): NestedField => ({ id, name, required: false, type }));
  return { type: 'struct', 'schema-id': 0, fields: [...FIXED, ...more] };
}

/** A topic's table has a partition for each UTC day of `timestamp`. */
export const RECORD_SPEC: PartitionSpec = {
  'spec-id': 0,
  fields: [{ 'source-id': FIELD_ID.timestamp, 'field-id': 1000, name: 'timestamp_day', transform: 'day' }],
};

/** Rows of a file lie by partition, then offset. */
export const RECORD_ORDER: SortOrder = {
  'order-id': 1,
  fields: [
    { transform: 'identity', 'source-id': FIELD_ID.partition, direction: 'asc', 'null-order': 'nulls-first' },
    { transform: 'identity', 'source-id': FIELD_ID.offset, direction: 'asc', 'null-order': 'nulls-first' },
  ],
};
