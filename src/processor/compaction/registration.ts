import type { Clock } from '../../base/clock.ts';
import { saveCompaction } from '../../metadata/compactions.ts';
import { noteErased } from '../../metadata/erased-objects.ts';
import { Garbage } from '../../metadata/garbage.ts';
import { addPacked } from '../../metadata/partitions.ts';
import {
  type SegmentRegistry,
  sectionRegistry,
  textSegmentRegistry,
  textSegmentsOfOtherRules,
} from '../../metadata/registry.ts';
import type { SectionRow, SqlEngine, SqlStatement, TextSegmentRow } from '../../metadata/types.ts';
import type { SectionSwap, TextSwap } from '../erasure/types.ts';
import type { PackSwap } from '../merging/types.ts';
import type { CompactionSwap } from './types.ts';

/** Compaction's part of the registry. */
export class CompactionRegistration {
  readonly sections: SegmentRegistry<SectionRow>;
  readonly #texts: SegmentRegistry<TextSegmentRow>;
  readonly #sql: SqlEngine;
  readonly #clock: Clock;
  readonly #garbage: Garbage;

  constructor(sql: SqlEngine, clock: Clock) {
    this.#sql = sql;
    this.#clock = clock;
    this.#garbage = new Garbage(sql);
    this.sections = sectionRegistry(sql);
    this.#texts = textSegmentRegistry(sql);
  }

  /** Durable when resolved: from here on a crash leaves no unknown object. */
  announce(objectKey: string): Promise<void> {
    return this.#garbage.announceUpload(objectKey, this.#clock.now());
  }

  /**
   * Puts the new section and text segments, of a higher generation, in the place of the old ones, in one transaction: whoever looks sees all of the old
   * or all of the new. A SqlConflict when retention, a deletion or another pass took something of the old meanwhile.
   */
  async swap(swap: CompactionSwap): Promise<void> {
    const now = this.#clock.now();
    const { replaced, section } = swap;
    const inserted = section === undefined ? [] : this.#insertSection({ ...section, created: now });
    const texts = await this.#swapTexts(swap, now);
    const forgotten = replaced.flatMap((row) => this.sections.replaceOne(row, now));
    await this.#sql.transaction([...forgotten, ...inserted, ...texts]);
  }

  /**
   * Puts one section in the place of another, of which something was deleted, and leaves the text segments as they are. A SqlConflict when the old one is
   * gone.
   */
  async swapSection({ replaced, section }: SectionSwap): Promise<void> {
    const now = this.#clock.now();
    const forgotten = this.sections.replaceOne(replaced, now);
    const inserted = this.#insertSection({ ...section, created: now });
    await this.#sql.transaction([...forgotten, ...inserted, noteErased(replaced.objectKey)]);
  }

  /** Puts sections in the place of others that held the same batches, in one transaction. A SqlConflict when an old one is gone. */
  async swapPack({ replaced, sections }: PackSwap): Promise<void> {
    const now = this.#clock.now();
    const forgotten = replaced.flatMap((row) => this.sections.replaceOne(row, now));
    const inserted = sections.flatMap((section) => {
      const row = { ...section, created: now };
      return [this.sections.insert(row), addPacked(row)];
    });
    const keys = new Set(sections.map(({ objectKey }) => objectKey));
    await this.#sql.transaction([...[...keys].map((key) => this.#garbage.takeBack(key)), ...forgotten, ...inserted]);
  }

  /** Puts text segments in the place of those of the same offsets, as `swap` does. */
  async swapText(swap: TextSwap): Promise<void> {
    await this.#sql.transaction(await this.#swapTexts(swap, this.#clock.now()));
  }

  /** As `swapText`, for segments of which something was deleted. */
  async eraseText(swap: TextSwap): Promise<void> {
    const { topicId, partition, from, to } = swap;
    const near = await this.#texts.overlapping(topicId, partition, from, to);
    const erased = near.map(({ objectKey }) => noteErased(objectKey));
    await this.#sql.transaction([...(await this.#swapTexts(swap, this.#clock.now())), ...erased]);
  }

  /** The text segments that lie in an object. */
  textsIn(objectKey: string): Promise<TextSegmentRow[]> {
    return this.#texts.ofObject(objectKey);
  }

  /** Text segments lie in another object now, as they are, in one transaction. A SqlConflict when one of them is gone. */
  async moveTexts(rows: readonly TextSegmentRow[], moved: readonly TextSegmentRow[]): Promise<void> {
    const now = this.#clock.now();
    const keys = new Set(moved.map(({ objectKey }) => objectKey));
    await this.#sql.transaction([
      ...[...keys].map((key) => this.#garbage.takeBack(key)),
      ...rows.flatMap((row) => this.#texts.replaceOne(row, now)),
      ...moved.map((row) => this.#texts.insert(row)),
      // A topic that was deleted meanwhile has none.
      ...[...keys].map((key) => this.#garbage.addUnused('text_segments', key, now)),
    ]);
  }

  /** Text segments of a partition that reach into the offsets [from, to). */
  textsOf(topicId: string, partition: number, from: number, to: number): Promise<TextSegmentRow[]> {
    return this.#texts.overlapping(topicId, partition, from, to);
  }

  /** Text segments of a partition that were indexed by another rule than this (`ruleText`). */
  textsOfOtherRules(topicId: string, partition: number, rule: string): Promise<TextSegmentRow[]> {
    return textSegmentsOfOtherRules(this.#sql, topicId, partition, rule);
  }

  #insertSection(row: SectionRow): SqlStatement[] {
    const { objectKey, created } = row;
    // Retention may have raised the log start above what is left.
    const unused = this.#garbage.addUnused('sections', objectKey, created);
    return [this.#garbage.takeBack(objectKey), this.sections.insert(row), addPacked(row), unused];
  }

  /**
   * The new text segments, and the old ones of which nothing counts any more. One that reaches over the ends stays: of its offsets those count that no
   * higher generation has. Without new ones, since the topic is not searched, all that reach into the offsets go.
   */
  async #swapTexts({ topicId, partition, from, to, text }: TextSwap, now: number): Promise<SqlStatement[]> {
    const near = await this.#texts.overlapping(topicId, partition, from, to);
    if (text.length === 0) return near.flatMap((row) => this.#texts.forgetOne(row, now));
    const generation = Math.max(0, ...near.map((row) => row.generation)) + 1;
    const rows = text.map((segment) => ({ ...segment, generation, created: now }));
    const [first, last] = [Math.min(from, ...near.map(baseOf)), Math.max(to, ...near.map((row) => row.lastOffset + 1))];
    const all = [...(await this.#texts.overlapping(topicId, partition, first, last)), ...rows];
    const hidden = near.filter((row) => isHidden(row, all));
    const keys = new Set(text.map(({ objectKey }) => objectKey));
    return [
      ...[...keys].map((key) => this.#garbage.takeBack(key)),
      ...rows.map((row) => this.#texts.insert(row)),
      ...hidden.flatMap((row) => this.#texts.forgetOne(row, now)),
      ...[...keys].map((key) => this.#garbage.addUnused('text_segments', key, now)),
    ];
  }

  /** Notes that a pass came to its end. */
  async finished(topicId: string, partition: number, cleanedUpTo: number): Promise<void> {
    await this.#sql.transaction([saveCompaction({ topicId, partition, cleanedUpTo, cleaned: this.#clock.now() })]);
  }
}

const baseOf = ({ baseOffset }: TextSegmentRow): number => baseOffset;

/** Whether higher generations have every offset of a text segment. */
function isHidden(row: TextSegmentRow, all: readonly TextSegmentRow[]): boolean {
  const above = all.filter(({ generation }) => generation > row.generation).sort((a, b) => a.baseOffset - b.baseOffset);
  let next = row.baseOffset;
  for (const { baseOffset, lastOffset } of above) if (baseOffset <= next) next = Math.max(next, lastOffset + 1);
  return next > row.lastOffset;
}
