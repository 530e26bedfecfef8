import { readBatchHeader } from '../../protocol/records/index.ts';
import type { WalState } from '../wal/options.ts';
import type { WalPartition } from '../wal/partition.ts';
import { ProducerStates } from './producer-states.ts';
import { decodeSnapshot, encodeSnapshot, type PartitionSnapshot } from './snapshot-format.ts';

interface Entry {
  readonly producers: ProducerStates;
  nextOffset: number;
  /** The partition that knows its end itself, once there is one. */
  owner: { readonly logEndOffset: number } | undefined;
}

/** The state of all partitions that goes into WAL indexes and comes back at recovery: next offsets and producers. */
export class StateOfLog implements WalState {
  readonly #entries = new Map<WalPartition, Entry>();
  readonly #now: () => number;

  /** `now` is the time of recovery. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is known of a partition; nothing, for a new one. */
  obtain(partition: WalPartition): Entry {
    let entry = this.#entries.get(partition);
    if (entry === undefined) {
      entry = { producers: new ProducerStates(), nextOffset: 0, owner: undefined };
      this.#entries.set(partition, entry);
    }
    return entry;
  }

  track(partition: WalPartition, owner: { readonly logEndOffset: number }): void {
    this.obtain(partition).owner = owner;
  }

  forget(partition: WalPartition): void {
    this.#entries.delete(partition);
  }

  /** Forgets the partitions of topics that are no more. */
  keepOnly(partitions: ReadonlySet<WalPartition>): void {
    for (const partition of this.#entries.keys()) if (!partitions.has(partition)) this.#entries.delete(partition);
  }

  readonly snapshot = (): Uint8Array => {
    const partitions: PartitionSnapshot[] = [];
    for (const [{ topicId, partition }, entry] of this.#entries) {
      const nextOffset = entry.owner?.logEndOffset ?? entry.nextOffset;
      if (nextOffset > 0) partitions.push({ topicId, partition, nextOffset, ...entry.producers.all });
    }
    return encodeSnapshot(partitions);
  };

  readonly load: WalState['load'] = (snapshot, find) => {
    for (const { topicId, partition, nextOffset, producers, aborted } of decodeSnapshot(snapshot)) {
      const entry = this.obtain(find(topicId, partition));
      entry.nextOffset = Math.max(entry.nextOffset, nextOffset);
      entry.producers.restore(producers, aborted);
    }
  };

  readonly replay = (partition: WalPartition, batch: Uint8Array): void => {
    const header = readBatchHeader(batch, 0);
    const entry = this.obtain(partition);
    entry.nextOffset = Math.max(entry.nextOffset, header.lastOffset + 1);
    entry.producers.replay(batch, header, this.#now());
  };
}
