import { buildBatch } from '../protocol/records/build.ts';
import { buildMarker, readBatchHeader } from '../protocol/records/index.ts';
import { present } from '../src/base/assert.ts';
import type { Clock } from '../src/base/clock.ts';
import { codecs } from '../src/base/compression.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { below, type Random } from '../src/base/random.ts';
import type { OpenTransaction, TransactionLog } from '../src/coordination/transactions/ports.ts';
import type { ProducerIdentity } from '../src/coordination/transactions/types.ts';
import { ProducerStates } from '../src/log/producer-states.ts';
import { type AppendOrigin, type Appended, LogError, type TransactionEnd } from '../src/log/types.ts';

export const TOPIC = 'topic';
export const TOPIC_ID = 'dHRpdHRpdHRpdHRpdHRpdA';
export const PARTITIONS = 3;

export interface LogFaults {
  /** Chance that the log takes nothing just now, as with a full disk. */
  full: number;
  /** Longest time of a sync, ms. */
  syncMs: number;
}

/** One batch of the log. */
export interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** What a data batch says of itself. */
  readonly tag: string | undefined;
}

/** What survives a crash: one log of all partitions, in the order of appends, and how far it is synced. */
export class Disk {
  entries: Entry[] = [];
  synced = 0;
}

interface Partition {
  readonly producers: ProducerStates;
  end: number;
  highWatermark: number;
  lastStable: number;
}

/**
 * The log as one life of the broker has it: the producer states of the real one, over entries that are durable some time after they
 * were appended. A crash takes what was not synced, from some entry on.
 */
export class SimulatedLog implements TransactionLog {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #faults: LogFaults;
  readonly #partitions: Partition[];
  #waiting: { readonly upTo: number; readonly resolve: () => void }[] = [];
  #syncing = false;
  onStable: (partition: number, lastStable: number) => void = () => undefined;

  constructor(disk: Disk, clock: Clock, random: Random, faults: LogFaults) {
    this.#disk = disk;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#partitions = Array.from({ length: PARTITIONS }, () => ({
      producers: new ProducerStates(),
      end: 0,
      highWatermark: 0,
      lastStable: 0,
    }));
    disk.synced = disk.entries.length;
    for (const { partition, offset, bytes } of disk.entries) {
      const one = this.#partition(partition);
      one.producers.replay(
        bytes,
        { ...readBatchHeader(bytes, 0), baseOffset: offset, lastOffset: offset },
        clock.now(),
      );
      one.end = offset + 1;
    }
    for (const one of this.#partitions) this.#advance(one);
  }

  #partition(index: number): Partition {
    return present(this.#partitions[index], 'partition');
  }

  partitionById(topicId: string, partition: number) {
    if (topicId !== TOPIC_ID || this.#partitions[partition] === undefined) return undefined;
    return {
      endTransaction: (end: TransactionEnd, onlyIfOpenBelow?: number): Appended | undefined =>
        this.#endTransaction(partition, end, onlyIfOpenBelow),
    };
  }

  #endTransaction(partition: number, end: TransactionEnd, onlyIfOpenBelow: number | undefined): Appended | undefined {
    const { producerId, producerEpoch, commit, coordinatorEpoch } = end;
    const { producers } = this.#partition(partition);
    if (onlyIfOpenBelow !== undefined && !producers.isOpenBelow(producerId, onlyIfOpenBelow)) return undefined;
    const batch = { baseOffset: 0, timestamp: this.#clock.now(), producerId, producerEpoch };
    const type = commit ? 'commit' : 'abort';
    const bytes = buildMarker(batch, { type, coordinatorEpoch }, codecs, crc32c);
    return this.#append(partition, bytes, 'coordinator', undefined);
  }

  /** Appends a batch of one record as a client sends it. Throws LogError. */
  produce(
    partition: number,
    producer: ProducerIdentity,
    baseSequence: number,
    tag: string,
    origin: AppendOrigin,
  ): Appended {
    const options = { baseOffset: 0, isTransactional: true, baseSequence, ...producer };
    const bytes = buildBatch(options, [{ timestamp: 1, value: Buffer.from(tag) }], codecs, crc32c);
    return this.#append(partition, bytes, origin, tag);
  }

  #append(index: number, bytes: Uint8Array, origin: AppendOrigin, tag: string | undefined): Appended {
    const partition = this.#partition(index);
    const header = readBatchHeader(bytes, 0);
    if (this.#random.float() < this.#faults.full) throw new LogError('KAFKA_STORAGE_ERROR', 'the disk is full');
    const earlier = origin === 'coordinator' ? undefined : partition.producers.duplicate(header);
    if (earlier !== undefined) return this.#appended(earlier.baseOffset, true);
    partition.producers.prepare(bytes, header, partition.end, this.#clock.now(), origin);
    partition.producers.commit();
    const offset = partition.end++;
    this.#disk.entries.push({ partition: index, offset, bytes, tag });
    return this.#appended(offset, false);
  }

  #appended(offset: number, duplicate: boolean): Appended {
    const upTo = this.#disk.entries.length;
    const durable = new Promise<void>((resolve) => this.#waiting.push({ upTo, resolve }));
    this.#sync();
    return { baseOffset: offset, lastOffset: offset, logAppendTime: -1, logStartOffset: 0, duplicate, durable };
  }

  #sync(): void {
    if (this.#syncing) return;
    this.#syncing = true;
    const upTo = this.#disk.entries.length;
    this.#clock.after(1 + below(this.#random, this.#faults.syncMs), () => {
      this.#syncing = false;
      this.#disk.synced = upTo;
      for (const one of this.#partitions) this.#advance(one);
      const done = this.#waiting.filter((waiting) => waiting.upTo <= upTo);
      this.#waiting = this.#waiting.filter((waiting) => waiting.upTo > upTo);
      for (const { resolve } of done) resolve();
      if (this.#waiting.length > 0) this.#sync();
    });
  }

  #advance(partition: Partition): void {
    const index = this.#partitions.indexOf(partition);
    let end = 0;
    for (const entry of this.#disk.entries.slice(0, this.#disk.synced))
      if (entry.partition === index) end = entry.offset + 1;
    partition.highWatermark = end;
    partition.producers.advance(end);
    partition.lastStable = Math.min(end, partition.producers.firstUnstable ?? end);
    this.onStable(index, partition.lastStable);
  }

  *openTransactions(): IterableIterator<OpenTransaction> {
    for (const [partition, { producers }] of this.#partitions.entries())
      for (const open of producers.open) yield { topic: TOPIC, topicId: TOPIC_ID, partition, ...open };
  }

  /** True when a reader of committed records can read to the end of every partition. */
  get isQuiet(): boolean {
    return this.#partitions.every((one) => one.lastStable === one.end);
  }

  /** The process died: of what was not synced some is there, from the front. */
  crash(): void {
    const { entries, synced } = this.#disk;
    this.#disk.entries = entries.slice(0, synced + below(this.#random, entries.length - synced + 1));
  }
}
