import { assert } from '../../base/assert.ts';
import { LiveIndex } from '../../fulltext/live-index.ts';
import type { SealedSegment } from '../../fulltext/searcher.ts';
import { type ExpiryRule, ruleText } from '../../log/record-expiry.ts';
import { TextTransactions } from './transactions.ts';
import type { OffsetRange, TextPartitionSpec } from './types.ts';

/** Segments remembered per partition after they were registered. */
const REMEMBERED = 16;

/** A live index and what has become of it. */
export interface Slice {
  readonly index: LiveIndex;
  /** The oldest WAL segment whose records are in it; infinite when they came from elsewhere. */
  readonly walSegment: number;
  /** Monotonic time of its first record. */
  readonly started: number;
  /** Until when its records count: the rule by which they were indexed. */
  readonly expiry: ExpiryRule | undefined;
  state: 'growing' | 'frozen';
}

/** The live indexes of one partition: which offsets are indexed, and where. */
export class TextPartition {
  readonly topicId: string;
  readonly partition: number;
  /** By base offset; together they never overlap. */
  readonly slices: Slice[] = [];
  /** Segments registered lately, for searches whose view of the registry is older. */
  readonly sealedLately: SealedSegment[] = [];
  /** Holes below `followed`, by offset, to be filled from the log. */
  readonly gaps: { from: number; to: number }[] = [];
  /** Batches read from the WAL that wait for the end of a transaction. */
  readonly transactions = new TextTransactions();
  /** Monotonic time before which the first gap need not be read: it begins with an open transaction. */
  unstableUntil = 0;
  /** The offset after the last one that was read from the WAL or was there before. */
  followed: number;
  /** Its topic was deleted or is no longer searched: nothing of it is registered any more. */
  removed = false;
  readonly #seed: number;
  #expiry: ExpiryRule | undefined;
  #growing: Slice | undefined;
  #filling: Slice | undefined;

  /** `seed` makes the hashes of the indexes unforeseeable. */
  constructor(topicId: string, spec: TextPartitionSpec, seed: number) {
    this.topicId = topicId;
    this.partition = spec.partition;
    this.#seed = seed;
    this.followed = spec.logStart;
    for (const { from, to } of spec.covered) this.reach(from, to);
  }

  /** Until when records that come from now on count, by what they say themselves. An index goes by one rule only. */
  get expiry(): ExpiryRule | undefined {
    return this.#expiry;
  }

  set expiry(rule: ExpiryRule | undefined) {
    if (ruleText(rule) !== ruleText(this.#expiry))
      for (const slice of this.slices) if (slice.index.endOffset > slice.index.baseOffset) this.freeze(slice);
    this.#expiry = rule;
  }

  /** Notes that [from, to) is taken care of, and everything between `followed` and `from` is not. */
  reach(from: number, to: number): void {
    if (from > this.followed) this.#addGap({ from: this.followed, to: from });
    this.followed = Math.max(this.followed, to);
  }

  #addGap({ from, to }: OffsetRange): void {
    const before = this.gaps.findLast((gap) => gap.from < from);
    if (before !== undefined && before.to >= from) before.to = Math.max(before.to, to);
    else this.gaps.splice(before === undefined ? 0 : this.gaps.indexOf(before) + 1, 0, { from, to });
  }

  /** Offsets [from, to) that were read are to be indexed from the log after all. */
  leave(from: number, to: number): void {
    if (from < to) this.#addGap({ from, to });
  }

  /** Lets go of the batches that wait for the end of a transaction: they are then indexed from the log. */
  passOverHeld(): void {
    const range = this.transactions.clear();
    if (range !== undefined) this.#addGap(range);
  }

  /** Offsets below this are all indexed. */
  get indexedUpTo(): number {
    return Math.min(this.gaps[0]?.from ?? this.followed, this.transactions.range?.from ?? this.followed);
  }

  get backlog(): number {
    return this.gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  }

  /** The index that takes what follows the WAL, from `offset` on. */
  growing(offset: number, walSegment: number, now: number): Slice {
    const open = this.#growing;
    if (open?.state === 'growing' && open.index.endOffset === offset && !open.index.full && open.index.reaches(offset))
      return open;
    this.#growing = this.#open(offset, walSegment, now, open);
    return this.#growing;
  }

  /** The index that fills the first gap, from `offset` on. */
  filling(offset: number, now: number): Slice {
    const open = this.#filling;
    if (open?.state === 'growing' && open.index.endOffset === offset && !open.index.full && open.index.reaches(offset))
      return open;
    this.#filling = this.#open(offset, Number.POSITIVE_INFINITY, now, open);
    return this.#filling;
  }

  #open(offset: number, walSegment: number, now: number, before: Slice | undefined): Slice {
    if (before?.state === 'growing') this.freeze(before);
    const index = new LiveIndex(this.partition, offset, this.#seed);
    const slice: Slice = { index, walSegment, started: now, expiry: this.#expiry, state: 'growing' };
    const at = this.slices.findIndex((other) => other.index.baseOffset > offset);
    this.slices.splice(at < 0 ? this.slices.length : at, 0, slice);
    return slice;
  }

  /** No more records go into the slice: it can be sealed. */
  freeze(slice: Slice): void {
    slice.state = 'frozen';
  }

  /** Offsets up to `to` of the first gap are indexed, or are no longer there. */
  filledTo(to: number): void {
    const gap = this.gaps[0];
    if (gap === undefined) return;
    gap.from = Math.max(gap.from, to);
    if (gap.from < gap.to) return;
    this.gaps.shift();
    if (this.#filling?.state === 'growing') this.freeze(this.#filling);
  }

  /** A frozen slice is now `segment`, registered: memory lets it go, and searches under way are told of the segment. */
  sealed(slice: Slice, segment: SealedSegment | undefined): void {
    const at = this.slices.indexOf(slice);
    assert(at >= 0, 'a slice is sealed once');
    this.slices.splice(at, 1);
    if (segment === undefined) return;
    this.sealedLately.push(segment);
    if (this.sealedLately.length > REMEMBERED) this.sealedLately.shift();
  }

  /** Memory of the indexes and of what is held. */
  get bytes(): number {
    return this.slices.reduce((sum, slice) => sum + slice.index.bytes, this.transactions.bytes);
  }

  /** The oldest WAL segment with records that are in no registered segment. */
  get oldestWalSegment(): number {
    let oldest = this.transactions.oldestWalSegment;
    for (const slice of this.slices) oldest = Math.min(oldest, slice.walSegment);
    return oldest;
  }
}
