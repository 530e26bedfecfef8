/** Types of Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). */
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];
const MAX_DEPTH = 16;

/**
 * Where the struct that begins at `start` ends. Throws RangeError where it is none: readers believe what a list says of its length, and a few
 * damaged bytes would keep them busy for hours.
 */
export function endOfStruct(bytes: Uint8Array, start: number): number {
  return new Walk(bytes, start).struct(0);
}

class Walk {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  struct(depth: number): number {
    if (depth > MAX_DEPTH) throw new RangeError('its metadata is nested too deep');
    for (;;) {
      const head = this.#byte();
      if (head === 0) return this.#at;
      // The short form has the distance of the field's id, the long one the id itself.
      if (head >> 4 === 0) this.#varint();
      // A boolean field has its value in its type.
      const type = head & 15;
      if (type !== TRUE && type !== FALSE) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (type === TRUE || type === FALSE || type === BYTE) this.#skip(1);
    else if (type === I16 || type === I32 || type === I64) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST || type === SET) this.#list(depth);
    else if (type === STRUCT) this.struct(depth + 1);
    else if (type === MAP) throw new RangeError('its metadata has a map');
    else throw new RangeError(`its metadata has the type ${type}`);
  }

  #list(depth: number): void {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (size > this.#bytes.length - this.#at) throw new RangeError('its metadata has a list longer than itself');
    for (let entry = 0; entry < size; entry++) this.#value(head & 15, depth);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('its metadata ends too early');
    return byte;
  }

  #skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('its metadata ends too early');
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('its metadata has a number without end');
  }
}
