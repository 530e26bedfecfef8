import type { CommittedOffset, GroupRecord } from './types.ts';

export type HeldOffset = Extract<GroupRecord, { kind: 'held-offset' }>;

/** Offsets of one group that were committed in transactions which are not over yet (KIP-98), by producer. */
export class HeldOffsets {
  readonly #byProducer = new Map<number, Map<string, HeldOffset>>();

  get isEmpty(): boolean {
    return this.#byProducer.size === 0;
  }

  /** Each producer that holds any. */
  *producers(): IterableIterator<{ readonly producerId: number; readonly producerEpoch: number }> {
    for (const [producerId, offsets] of this.#byProducer)
      for (const { producerEpoch } of offsets.values()) {
        yield { producerId, producerEpoch };
        break;
      }
  }

  /** True while a transaction may still change what is committed for the partition. */
  has(topic: string, partition: number): boolean {
    const key = keyOf(topic, partition);
    for (const offsets of this.#byProducer.values()) if (offsets.has(key)) return true;
    return false;
  }

  add(offset: HeldOffset): void {
    const { producerId, topic, partition } = offset;
    let offsets = this.#byProducer.get(producerId);
    if (offsets === undefined) {
      offsets = new Map();
      this.#byProducer.set(producerId, offsets);
    }
    offsets.set(keyOf(topic, partition), offset);
  }

  /** Gives what a producer holds, and holds it no more. */
  take(producerId: number): readonly { topic: string; partition: number; value: CommittedOffset }[] {
    const offsets = this.#byProducer.get(producerId);
    this.#byProducer.delete(producerId);
    return offsets === undefined ? [] : [...offsets.values()];
  }

  /** Drops those of topics that are gone. */
  forgetTopics(isAlive: (topicId: string) => boolean): void {
    for (const [producerId, offsets] of this.#byProducer) {
      for (const [key, { value }] of offsets) if (!isAlive(value.topicId)) offsets.delete(key);
      if (offsets.size === 0) this.#byProducer.delete(producerId);
    }
  }

  clear(): void {
    this.#byProducer.clear();
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;
