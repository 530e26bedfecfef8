/**
 * The embedded protocol of classic consumers (`ConsumerProtocolSubscription`, `ConsumerProtocolAssignment`): bytes that members exchange
 * through the coordinator. A later version begins like an earlier one. Undefined or a throw stands for bytes that are something else.
 */
export interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  /** Version 1+: partitions that the member has, by topic name. */
  readonly owned: ReadonlyMap<string, readonly number[]>;
  /** Version 3+. */
  readonly rackId: string | null;
}

class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Reads with bounds checked before anything is built. */
class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#view.byteLength) throw new Malformed();
    this.#at = at + length;
    return at;
  }

  int16(): number {
    return this.#view.getInt16(this.#skip(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4));
  }

  /** The number of elements, each of which takes at least `bytes`. */
  count(bytes: number): number {
    const count = this.int32();
    if (count < 0 || count * bytes > this.#view.byteLength - this.#at) throw new Malformed();
    return count;
  }

  nullableText(): string | null {
    const length = this.int16();
    if (length === -1) return null;
    const at = this.#skip(length);
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + at, length).toString('utf8');
  }

  text(): string {
    const text = this.nullableText();
    if (text === null) throw new Malformed();
    return text;
  }

  /** The length of nullable bytes, which are skipped. */
  nullableBytes(): number {
    const length = this.int32();
    if (length !== -1) this.#skip(length);
    return Math.max(0, length);
  }

  partitions(): Map<string, number[]> {
    const byTopic = new Map<string, number[]>();
    for (let topics = this.count(6); topics > 0; topics--) {
      const topic = this.text();
      const list = byTopic.get(topic) ?? [];
      byTopic.set(topic, list);
      for (let partitions = this.count(4); partitions > 0; partitions--) list.push(this.int32());
    }
    return byTopic;
  }
}

function decoded<T>(bytes: Uint8Array, read: (reader: Reader, version: number) => T): T | undefined {
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    return version < 0 ? undefined : read(reader, version);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function topicsOf(reader: Reader): string[] {
  return Array.from({ length: reader.count(2) }, () => reader.text());
}

/** The topics alone, which every version begins with. */
export function subscribedTopicsOf(bytes: Uint8Array): string[] | undefined {
  return decoded(bytes, topicsOf);
}

export function decodeSubscription(bytes: Uint8Array): Subscription | undefined {
  return decoded(bytes, (reader, version) => {
    const topics = topicsOf(reader);
    reader.nullableBytes();
    const owned = version >= 1 ? reader.partitions() : new Map<string, number[]>();
    if (version >= 2) reader.int32();
    const rackId = version >= 3 ? reader.nullableText() : null;
    return { version, topics, owned, rackId };
  });
}

/** The partitions of an assignment by topic name, and how many bytes of its own the assignor added. No bytes: none of either. */
export function decodeAssignment(
  bytes: Uint8Array,
): { readonly partitions: ReadonlyMap<string, readonly number[]>; readonly userBytes: number } | undefined {
  if (bytes.byteLength === 0) return { partitions: new Map(), userBytes: 0 };
  return decoded(bytes, (reader) => ({ partitions: reader.partitions(), userBytes: reader.nullableBytes() }));
}

/** An assignment as an assignor on a client would have made it, in the version of the member's subscription. */
export function encodeAssignment(version: number, partitions: ReadonlyMap<string, readonly number[]>): Uint8Array {
  const topics = [...partitions].map(([topic, list]) => {
    const name = Buffer.from(topic, 'utf8');
    const bytes = Buffer.alloc(2 + name.length + 4 + 4 * list.length);
    bytes.writeInt16BE(name.length, 0);
    name.copy(bytes, 2);
    bytes.writeInt32BE(list.length, 2 + name.length);
    for (const [index, partition] of list.entries()) bytes.writeInt32BE(partition, 6 + name.length + 4 * index);
    return bytes;
  });
  const head = Buffer.alloc(6);
  head.writeInt16BE(version, 0);
  head.writeInt32BE(topics.length, 2);
  const noUserData = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  return new Uint8Array(Buffer.concat([head, ...topics, noUserData]));
}
