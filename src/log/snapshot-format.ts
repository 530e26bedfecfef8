/**
 * Bytes of the log's state inside a WAL index (docs/formats/wal.md): per partition the next offset, producers and aborted
 * transactions. Little-endian.
 */
import { copyOf } from '../base/bytes.ts';
import type { Producer } from './producer.ts';
import type { AbortedTransaction } from './producer-states.ts';
import { LogError } from './types.ts';
import { WalFormatError } from '../wal/errors.ts';

const VERSION = 1;

/** The state of one partition. */
export interface PartitionSnapshot {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly nextOffset: number;
  readonly producers: readonly Producer[];
  readonly aborted: readonly AbortedTransaction[];
}

/** Bytes of the fixed parts. */
const SIZE = { header: 8, partition: 36, producer: 40, batch: 32, aborted: 24 } as const;

function sizeOf(of: PartitionSnapshot): number {
  const batches = of.producers.reduce((sum, producer) => sum + producer.batches.length, 0);
  return SIZE.partition + of.producers.length * SIZE.producer + batches * SIZE.batch + of.aborted.length * SIZE.aborted;
}

/** Writes numbers one after another. */
class Pen {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  int(value: number): void {
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  float(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

function writeProducer(pen: Pen, producer: Producer): void {
  pen.float(producer.id);
  pen.float(producer.lastUsed);
  pen.float(producer.transactionStart);
  pen.int(producer.epoch);
  pen.int(producer.coordinatorEpoch);
  pen.int(producer.batches.length);
  pen.int(0);
  for (const batch of producer.batches) {
    pen.int(batch.firstSequence);
    pen.int(batch.lastSequence);
    pen.float(batch.baseOffset);
    pen.float(batch.lastOffset);
    pen.float(batch.timestamp);
  }
}

/** The bytes of a snapshot. */
export function encodeSnapshot(partitions: readonly PartitionSnapshot[]): Uint8Array {
  const pen = new Pen(partitions.reduce<number>((sum, one) => sum + sizeOf(one), SIZE.header));
  pen.int(VERSION);
  pen.int(partitions.length);
  for (const one of partitions) {
    pen.raw(one.topicId);
    pen.float(one.nextOffset);
    pen.int(one.partition);
    pen.int(one.producers.length);
    pen.int(one.aborted.length);
    for (const producer of one.producers) writeProducer(pen, producer);
    for (const { producerId, firstOffset, lastOffset } of one.aborted) {
      pen.float(producerId);
      pen.float(firstOffset);
      pen.float(lastOffset);
    }
  }
  return pen.bytes;
}

/** Reads numbers one after another; throws LogError past the end. */
class Eye {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #step(length: number): number {
    if (length < 0 || this.#at + length > this.#bytes.length)
      throw new LogError('KAFKA_STORAGE_ERROR', 'the snapshot of the producers is cut short');
    this.#at += length;
    return this.#at - length;
  }

  int(): number {
    return this.#view.getInt32(this.#step(4), true);
  }

  float(): number {
    return this.#view.getFloat64(this.#step(8), true);
  }

  raw(length: number): Uint8Array {
    const at = this.#step(length);
    return copyOf(this.#bytes.subarray(at, at + length));
  }

  /** `count` things of at least `size` bytes each. */
  list<T>(count: number, size: number, read: () => T): T[] {
    if (count < 0 || count * size > this.#bytes.length - this.#at) this.#step(-1);
    return Array.from({ length: count }, read);
  }
}

function readProducer(eye: Eye): Producer {
  const [id, lastUsed, transactionStart] = [eye.float(), eye.float(), eye.float()];
  const [epoch, coordinatorEpoch, count] = [eye.int(), eye.int(), eye.int()];
  eye.int();
  const batches = eye.list(count, SIZE.batch, () => ({
    firstSequence: eye.int(),
    lastSequence: eye.int(),
    baseOffset: eye.float(),
    lastOffset: eye.float(),
    timestamp: eye.float(),
  }));
  return { id, epoch, batches, lastUsed, transactionStart, coordinatorEpoch };
}

/** Reverse of `encodeSnapshot`. Throws WalFormatError when the bytes are of a newer version, LogError when they are cut short. */
export function decodeSnapshot(bytes: Uint8Array): PartitionSnapshot[] {
  if (bytes.length === 0) return [];
  const eye = new Eye(bytes);
  const version = eye.int();
  if (version !== VERSION) throw new WalFormatError(`a log state of version ${version}`);
  return eye.list(eye.int(), SIZE.partition, () => {
    const topicId = eye.raw(16);
    const nextOffset = eye.float();
    const partition = eye.int();
    const [producers, aborted] = [eye.int(), eye.int()];
    return {
      topicId,
      partition,
      nextOffset,
      producers: eye.list(producers, SIZE.producer, () => readProducer(eye)),
      aborted: eye.list(aborted, SIZE.aborted, () => ({
        producerId: eye.float(),
        firstOffset: eye.float(),
        lastOffset: eye.float(),
      })),
    };
  });
}
