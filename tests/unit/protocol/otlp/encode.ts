/** A protobuf message, field by field, for tests. */
export class Message {
  #parts: Buffer[] = [];

  #varint(value: bigint): Buffer {
    const bytes: number[] = [];
    let left = BigInt.asUintN(64, value);
    do {
      const low = Number(left & 0x7fn);
      left >>= 7n;
      bytes.push(left === 0n ? low : low | 0x80);
    } while (left !== 0n);
    return Buffer.from(bytes);
  }

  varint(number: number, value: bigint | number): this {
    this.#parts.push(this.#varint(BigInt(number) << 3n), this.#varint(BigInt(value)));
    return this;
  }

  double(number: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(this.#varint((BigInt(number) << 3n) | 1n), bytes);
    return this;
  }

  fixed64(number: number, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    this.#parts.push(this.#varint((BigInt(number) << 3n) | 1n), bytes);
    return this;
  }

  bytes(number: number, value: string | Uint8Array | Message): this {
    const bytes = value instanceof Message ? value.build() : Buffer.from(value as string);
    this.#parts.push(this.#varint((BigInt(number) << 3n) | 2n), this.#varint(BigInt(bytes.length)), bytes);
    return this;
  }

  build(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export const message = (): Message => new Message();

const text = (key: string, value: string): Message => message().bytes(1, key).bytes(2, message().bytes(1, value));

/** A gauge with one point. */
export function gauge(name: string, value: number, attributes: Readonly<Record<string, string>> = {}): Message {
  const point = message().fixed64(3, 1n).double(4, value);
  for (const [key, own] of Object.entries(attributes)) point.bytes(7, text(key, own));
  return message().bytes(1, name).bytes(3, 'ms').bytes(5, message().bytes(1, point));
}

/** A sum with one integer point: delta (1) or cumulative (2). */
export function sum(name: string, value: bigint, temporality: 1 | 2): Message {
  const point = message().fixed64(6, value);
  return message().bytes(1, name).bytes(7, message().bytes(1, point).varint(2, temporality).varint(3, 1));
}

/** MetricsData of one resource and one scope. */
export function metricsData(...metrics: readonly Message[]): Buffer {
  const scope = message().bytes(1, message().bytes(1, 'scope'));
  for (const metric of metrics) scope.bytes(2, metric);
  return message().bytes(1, message().bytes(2, scope)).build();
}
