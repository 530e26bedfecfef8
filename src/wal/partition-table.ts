import { copyOf } from '../base/bytes.ts';
import { WalPartition } from './partition.ts';

/** All partitions that the WAL has seen or was asked for, by topic id and number. */
export class PartitionTable {
  readonly #topics = new Map<string, Map<number, WalPartition>>();
  #last: WalPartition | undefined;

  /** The partition, made when new. `topicId` has 16 bytes and is copied then. */
  obtain(topicId: Uint8Array, partition: number): WalPartition {
    const last = this.#last;
    if (last !== undefined && last.partition === partition && sameBytes(last.topicId, topicId)) return last;
    const key = keyOf(topicId);
    let topic = this.#topics.get(key);
    if (topic === undefined) this.#topics.set(key, (topic = new Map()));
    let found = topic.get(partition);
    if (found === undefined) topic.set(partition, (found = new WalPartition(copyOf(topicId), partition)));
    this.#last = found;
    return found;
  }

  /** Forgets a topic; its batches stay in their segments until those go. */
  forget(topicId: Uint8Array): void {
    this.#topics.delete(keyOf(topicId));
    this.#last = undefined;
  }

  *[Symbol.iterator](): Generator<WalPartition> {
    for (const topic of this.#topics.values()) yield* topic.values();
  }
}

function keyOf(topicId: Uint8Array): string {
  return Buffer.from(topicId.buffer, topicId.byteOffset, topicId.length).toString('latin1');
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}
