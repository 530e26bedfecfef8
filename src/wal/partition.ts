import type { BatchIndex } from './batch-index.ts';
import { ENTRY_HEADER_BYTES } from './format.ts';
import type { IndexedPartition } from './index-format.ts';

/** The batches of one partition in one WAL segment. */
export interface Part {
  readonly sequence: number;
  baseOffset: number;
  lastOffset: number;
  /** Bytes of entries. */
  bytes: number;
  maxTimestamp: number;
  /** In memory until the segment's `.idx` is written; then loaded when needed. */
  index: BatchIndex | undefined;
  /** Where the columns lie in the `.idx`, once there is one. */
  indexed: IndexedPartition | undefined;
}

/** Appends that one sync makes durable together. */
export interface SyncGroup {
  readonly durable: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
  /** Partitions that the group touched, and for each the offset after its last batch of the group. */
  readonly partitions: WalPartition[];
  readonly ends: number[];
}

/** A fresh group. Nobody has to listen to its promise. */
export function syncGroup(): SyncGroup {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  return { durable: promise, resolve, reject, partitions: [], ends: [] };
}

/** One partition as the WAL knows it: which segments hold its batches, and how far it is durable. */
export class WalPartition {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  /** In offset order; not necessarily without gaps. A new list when a part goes; the same when one is added. */
  parts: Part[] = [];
  /** Called after a sync with the offset after the last durable batch. */
  onDurable: ((nextOffset: number) => void) | undefined;
  #group: SyncGroup | undefined;
  #slot = 0;

  constructor(topicId: Uint8Array, partition: number) {
    this.topicId = topicId;
    this.partition = partition;
  }

  /** The part of segment `sequence`, made when missing. */
  partIn(sequence: number, make: () => BatchIndex): Part {
    const last = this.parts.at(-1);
    if (last?.sequence === sequence) return last;
    const part: Part = {
      sequence,
      baseOffset: -1,
      lastOffset: -1,
      bytes: 0,
      maxTimestamp: -1,
      index: make(),
      indexed: undefined,
    };
    this.parts.push(part);
    return part;
  }

  /** Notes that `group` brings this partition to `nextOffset`. */
  join(group: SyncGroup, nextOffset: number): void {
    if (this.#group === group) {
      group.ends[this.#slot] = nextOffset;
      return;
    }
    this.#group = group;
    this.#slot = group.partitions.length;
    group.partitions.push(this);
    group.ends.push(nextOffset);
  }

  /** The part that holds `offset`, or else the first one after it. */
  partAt(offset: number): Part | undefined {
    let low = 0;
    let high = this.parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.parts[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return this.parts[low];
  }

  /** Bytes of entries in the WAL. */
  get bytes(): number {
    return this.parts.reduce((sum, part) => sum + part.bytes, 0);
  }
}

/** Bytes of the batches of a part, without the headers of their entries: what they take in a pack. */
export function batchBytes({ bytes, index, indexed }: Part): number {
  return bytes - (index?.count ?? indexed?.batches ?? 0) * ENTRY_HEADER_BYTES;
}

/** Adds a batch to a part; batches come in offset order. */
export function addBatch(
  part: Part,
  baseOffset: number,
  lastDelta: number,
  position: number,
  length: number,
  maxTimestamp: number,
): void {
  part.index?.push(baseOffset, lastDelta, position, length, maxTimestamp);
  if (part.baseOffset < 0) part.baseOffset = baseOffset;
  part.lastOffset = baseOffset + lastDelta;
  part.bytes += length;
  if (maxTimestamp > part.maxTimestamp) part.maxTimestamp = maxTimestamp;
}
