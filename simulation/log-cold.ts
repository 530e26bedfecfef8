import type { ColdRead } from '../src/log/cold-store.ts';
import type { ColdData, ColdSection } from '../src/log/options.ts';
import type { TimestampOffset } from '../src/log/types.ts';
import { recordsOf } from './log-checks.ts';

interface Section extends ColdSection {
  readonly batches: readonly Uint8Array[];
}

const lastOf = (batch: Uint8Array): number => [...recordsOf(batch).keys()].at(-1) ?? -1;

/** Packs and their registry, in memory: what is in it survives every crash, like an object store and its SQL. */
export class SimulatedPacks implements ColdData {
  readonly #sections = new Map<number, Section[]>();
  readonly #delay: () => Promise<unknown>;

  /** `delay` is waited for before each answer. */
  constructor(delay: () => Promise<unknown>) {
    this.#delay = delay;
  }

  #of(partition: number): Section[] {
    const sections = this.#sections.get(partition) ?? [];
    this.#sections.set(partition, sections);
    return sections;
  }

  /** The offset after the last one that is packed. */
  packedUpTo(partition: number): number {
    return (this.#of(partition).at(-1)?.lastOffset ?? -1) + 1;
  }

  packedBytes(partition: number): number {
    return this.#of(partition).reduce((sum, section) => sum + section.length, 0);
  }

  /** Registers a section; batches that are packed already are left out. */
  add(partition: number, all: readonly Uint8Array[]): void {
    const from = this.packedUpTo(partition);
    const batches = all.filter((batch) => lastOf(batch) >= from);
    const records = batches.flatMap((batch) => [...recordsOf(batch)]);
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    this.#of(partition).push({
      batches,
      baseOffset: first[0],
      lastOffset: last[0],
      length: batches.reduce((sum, batch) => sum + batch.length, 0),
      maxTimestamp: Math.max(...records.map(([, record]) => record.timestamp)),
    });
  }

  /** Drops sections that end before `offset`. */
  forgetBefore(partition: number, offset: number): void {
    this.#sections.set(
      partition,
      this.#of(partition).filter((section) => section.lastOffset >= offset),
    );
  }

  async read(_topicId: string, partition: number, offset: number, maxBytes: number): Promise<ColdRead | undefined> {
    await this.#delay();
    const section = this.#of(partition).find((one) => one.lastOffset >= offset);
    if (section === undefined) return undefined;
    const batches: Uint8Array[] = [];
    let bytes = 0;
    for (const batch of section.batches.slice(section.batches.findIndex((one) => lastOf(one) >= offset))) {
      if (batches.length > 0 && bytes + batch.length > maxBytes) break;
      batches.push(batch);
      bytes += batch.length;
    }
    return { batches, bytes, nextOffset: lastOf(batches.at(-1)!) + 1 };
  }

  async findTimestamp(
    _topicId: string,
    partition: number,
    timestamp: number,
    from: number,
  ): Promise<TimestampOffset | undefined> {
    await this.#delay();
    for (const [offset, record] of this.#records(partition))
      if (offset >= from && record.timestamp >= timestamp)
        return { offset, timestamp: record.timestamp, leaderEpoch: 0 };
    return undefined;
  }

  async latestTimestamp(_topicId: string, partition: number, from: number): Promise<TimestampOffset | undefined> {
    await this.#delay();
    let latest: TimestampOffset | undefined;
    for (const [offset, { timestamp }] of this.#records(partition))
      if (offset >= from && timestamp > (latest?.timestamp ?? -1)) latest = { offset, timestamp, leaderEpoch: 0 };
    return latest;
  }

  /** Nothing is compacted here. */
  replaced(): void {}

  async sections(_topicId: string, partition: number, from: number): Promise<readonly ColdSection[]> {
    await this.#delay();
    return this.#of(partition).filter((section) => section.lastOffset >= from);
  }

  *#records(partition: number) {
    for (const section of this.#of(partition)) for (const batch of section.batches) yield* recordsOf(batch);
  }
}
