/** Bytes that are no protobuf message, or that say too much. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** One field of a message as it stands on the wire. */
export type WireField =
  | { readonly number: number; readonly type: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly type: 'fixed64'; readonly at: number }
  | { readonly number: number; readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly number: number; readonly type: 'fixed32' };

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/** The fields that may be read of a message and of all in it: each costs time and memory, however few bytes it takes. */
export class FieldAllowance {
  #left: number;

  constructor(fields: number) {
    this.#left = fields;
  }

  /** Throws ProtobufError when there were enough. */
  take(): void {
    if (--this.#left < 0) throw new ProtobufError('too many fields');
  }
}

/** Walks over the fields of one message, which has exactly the bytes given. Throws ProtobufError. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #allowance: FieldAllowance;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array, allowance: FieldAllowance) {
    this.#bytes = bytes;
    this.#allowance = allowance;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next field; undefined at the end. */
  next(): WireField | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    this.#allowance.take();
    const tag = this.#varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 0x1fffffff) throw new ProtobufError(`a field with the number ${number}`);
    switch (Number(tag & 7n)) {
      case VARINT:
        return { number, type: 'varint', value: this.#varint() };
      case FIXED64:
        return { number, type: 'fixed64', at: this.#take(8) };
      case BYTES: {
        const length = this.#varint();
        if (length > BigInt(this.#bytes.length)) throw new ProtobufError('a field beyond its message');
        const start = this.#take(Number(length));
        return { number, type: 'bytes', bytes: this.#bytes.subarray(start, this.#at) };
      }
      case FIXED32:
        this.#take(4);
        return { number, type: 'fixed32' };
      default:
        throw new ProtobufError(`a wire type that does not exist: ${Number(tag & 7n)}`);
    }
  }

  /** The double at a fixed64 field. */
  double(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  /** The signed 64-bit integer at a fixed64 field, as the nearest number. */
  integer(at: number): number {
    return Number(this.#view.getBigInt64(at, true));
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new ProtobufError('a field beyond its message');
    this.#at = start + length;
    return start;
  }

  #varint(): bigint {
    let value = 0n;
    for (let count = 0; count < MAX_VARINT_BYTES; count++) {
      const byte = this.#bytes[this.#take(1)]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('a varint without end');
  }
}
