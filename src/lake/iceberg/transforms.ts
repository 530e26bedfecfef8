import type { PartitionField, PartitionSpec, Schema } from '../schema.ts';
import { fieldsById } from './evolution.ts';
import { InvalidMetadata } from './metadata.ts';

const MICROS_PER_DAY = 86_400_000_000n;

/** The `day` transform of a timestamp in microseconds: days since the epoch, rounded down also before it. */
export function dayOfMicros(micros: bigint | number): number {
  const value = BigInt(micros);
  const day = value / MICROS_PER_DAY;
  return Number(value % MICROS_PER_DAY < 0n ? day - 1n : day);
}

/** The type of a partition field's values (spec: "Partition Transforms"). Throws InvalidMetadata. */
function partitionType(field: PartitionField, schemas: readonly Schema[]): string {
  if (field.transform === 'day') return 'date';
  if (/^(hour|month|year|bucket\[\d+\])$/.test(field.transform)) return 'int';
  // The column may have been dropped since: older schemas still know it.
  for (const schema of schemas.toReversed()) {
    const type = fieldsById(schema).get(field['source-id'])?.field.type;
    if (typeof type === 'string') return type;
  }
  throw new InvalidMetadata(`partition field '${field.name}' is of column ${field['source-id']}, which is unknown`);
}

/** The types of a spec's fields, in order. The newest schema comes last in `schemas`. */
export function partitionTypes(spec: PartitionSpec, schemas: readonly Schema[]): readonly string[] {
  return spec.fields.map((field) => partitionType(field, schemas));
}

const AVRO: Readonly<Record<string, unknown>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'bytes',
  date: { type: 'int', logicalType: 'date' },
  time: { type: 'long', logicalType: 'time-micros' },
  timestamp: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false },
  timestamptz: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
  uuid: { type: 'fixed', name: 'uuid_fixed', size: 16, logicalType: 'uuid' },
};

/** The Avro type of a partition field's values (spec: appendix A). Throws InvalidMetadata. */
export function partitionAvro(type: string): unknown {
  const fixed = /^fixed\[(\d+)\]$/.exec(type);
  if (fixed !== null) return { type: 'fixed', name: `fixed_${fixed[1]}`, size: Number(fixed[1]) };
  const plain = AVRO[type];
  if (plain === undefined) throw new InvalidMetadata(`partitions by a value of type ${type} are not supported`);
  return plain;
}
