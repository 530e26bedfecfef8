import { Garbage } from '../../metadata/garbage.ts';
import { addPacked, partitionRows } from '../../metadata/partitions.ts';
import { saveProgress } from '../../metadata/progress.ts';
import { sectionRegistry } from '../../metadata/registry.ts';
import { topicRows } from '../../metadata/topics.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { BuiltPack, PackFrom } from './builder.ts';

/** What is left to do, by the registry: the same whatever a crash cut off before. */
export interface PackPlan {
  readonly topicIds: readonly string[];
  readonly from: readonly PackFrom[];
}

/** The pack sink's part of the registry. Its section rows are its progress. */
export class PackRegistration {
  readonly #sql: SqlEngine;
  readonly #garbage: Garbage;

  constructor(sql: SqlEngine) {
    this.#sql = sql;
    this.#garbage = new Garbage(sql);
  }

  /** Where packing goes on in every partition: after the last section, and not below the log start. */
  async plan(): Promise<PackPlan> {
    const [topics, partitions] = await Promise.all([topicRows(this.#sql), partitionRows(this.#sql)]);
    const from = partitions.map(({ topicId, partition, packedUpTo, logStart }) => ({
      topicId,
      partition,
      offset: Math.max(packedUpTo, logStart),
    }));
    return { topicIds: topics.map((topic) => topic.topicId), from };
  }

  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string, now: number): Promise<void> {
    return this.#garbage.announceUpload(objectKey, now);
  }

  /** Takes back an announcement whose upload did not happen. */
  withdraw(objectKey: string): Promise<void> {
    return this.#garbage.forget([objectKey]);
  }

  /**
   * Enters the sections of one WAL segment, in one transaction with the sink's progress. A SqlConflict when they are entered already, or
   * when the sweep has taken the object.
   */
  async register(objectKey: string, pack: BuiltPack, segment: number, now: number): Promise<void> {
    const sections = sectionRegistry(this.#sql);
    const rows = pack.sections
      .map((section) => ({ ...section, objectKey, created: now }))
      .flatMap((row) => [sections.insert(row), addPacked(row)]);
    await this.#sql.transaction([
      this.#garbage.takeBack(objectKey),
      ...rows,
      // All topics may have been deleted meanwhile: then nothing refers to the object.
      this.#garbage.addUnused('sections', objectKey, now),
      saveProgress({ sink: 'pack', segment: segment + 1, position: 0 }),
    ]);
  }
}
