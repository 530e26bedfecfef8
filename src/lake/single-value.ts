/** A value of a column or a partition field that can have bounds. */
export type SingleValue = string | number | bigint | boolean | Uint8Array;

/** The single-value serialization of the Iceberg spec (appendix D) of a value of a primitive type. */
export function singleValue(type: string, value: SingleValue): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
  if (typeof value === 'string') return Buffer.from(value);
  const bytes = Buffer.alloc(type === 'int' || type === 'date' || type === 'float' ? 4 : 8);
  if (type === 'int' || type === 'date') bytes.writeInt32LE(Number(value));
  else if (type === 'float') bytes.writeFloatLE(Number(value));
  else if (type === 'double') bytes.writeDoubleLE(Number(value));
  else bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

/**
 * The value that `singleValue` wrote; a column that was widened since has narrower values. Undefined for types without an order that both sides
 * share.
 */
export function parseSingleValue(type: string, serialized: Uint8Array): SingleValue | undefined {
  const bytes = Buffer.from(serialized.buffer, serialized.byteOffset, serialized.byteLength);
  switch (type) {
    case 'boolean':
      return bytes[0] !== 0;
    case 'int':
    case 'date':
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return bytes.length === 4 ? bytes.readInt32LE() : bytes.readBigInt64LE();
    case 'float':
    case 'double':
      return bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE();
    case 'string':
    case 'binary':
      return bytes;
    default:
      return undefined;
  }
}

/** Orders values of one type; strings by their UTF-8. */
export function compareValues(left: SingleValue, right: SingleValue): number {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : left > right ? 1 : 0;
}
