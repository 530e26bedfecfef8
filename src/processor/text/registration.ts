import type { Clock } from '../../base/clock.ts';
import { Garbage } from '../../metadata/garbage.ts';
import { textSegmentRegistry } from '../../metadata/registry.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { OffsetRange, SealedText } from './types.ts';

const PAGE = 5000;

/** The text sink's part of the registry. Its rows are its progress. */
export class TextRegistration {
  readonly #sql: SqlEngine;
  readonly #clock: Clock;
  readonly #garbage: Garbage;

  constructor(sql: SqlEngine, clock: Clock) {
    this.#sql = sql;
    this.#clock = clock;
    this.#garbage = new Garbage(sql);
  }

  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string): Promise<void> {
    return this.#garbage.announceUpload(objectKey, this.#clock.now());
  }

  /** Enters the segments of one object in one transaction. */
  async register(objectKey: string, segments: readonly SealedText[]): Promise<void> {
    const registry = textSegmentRegistry(this.#sql);
    const created = this.#clock.now();
    await this.#sql.transaction([
      this.#garbage.takeBack(objectKey),
      ...segments.map((segment) => registry.insert({ ...segment, generation: 0, created })),
      // All topics may have been deleted meanwhile: then nothing refers to the object.
      this.#garbage.addUnused('text_segments', objectKey, created),
    ]);
  }

  /** What registered segments hold of each partition of a topic, neighbours joined. */
  async covered(topicId: string): Promise<Map<number, OffsetRange[]>> {
    const registry = textSegmentRegistry(this.#sql);
    const covered = new Map<number, { from: number; to: number }[]>();
    for (let after: Parameters<typeof registry.page>[1]; ; ) {
      const rows = await registry.page(PAGE, after, topicId);
      for (const { partition, baseOffset, lastOffset } of rows) {
        const ranges = covered.get(partition) ?? [];
        covered.set(partition, ranges);
        const last = ranges.at(-1);
        if (last !== undefined && baseOffset <= last.to) last.to = Math.max(last.to, lastOffset + 1);
        else ranges.push({ from: baseOffset, to: lastOffset + 1 });
      }
      if (rows.length < PAGE) return covered;
      after = rows.at(-1);
    }
  }
}
