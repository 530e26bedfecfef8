import { countPieces, type MergePiece, type MergeRule, planMerge } from '../../base/merge-policy.ts';
import type { SmallObject } from '../../metadata/small-objects.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { SegmentMergeOutcome } from './metrics.ts';
import { mergeHost, mergedBelow, type MergeablePartition, type SegmentMergeParts } from './segment-merges.ts';

export interface PackMergeParts extends SegmentMergeParts {
  readonly smallObjects: (topicIds: readonly string[], belowBytes: number) => Promise<readonly SmallObject[]>;
}

/** Sections that one merge replaces, at most: they are one transaction. */
const MAX_SECTIONS = 2000;
/** A section that was put together spans at most this share of what retention keeps: retention lets go by whole sections. */
const RETENTION_SHARE = 1 / 8;

type PackPiece = MergePiece & { readonly object: SmallObject };

/** Merges packs: their sections move, byte for byte, to one larger object, and neighbours become one section. */
export class PackMerges {
  readonly #parts: PackMergeParts;

  constructor(parts: PackMergeParts) {
    this.#parts = parts;
  }

  /** Merges what the rule says of the packs that hold sections of these topics; sections of others stay where they are. */
  async run(
    topicIds: readonly string[],
    rule: MergeRule,
    maxBytesPerSecond: number,
    signal: AbortSignal,
    onMerge: () => void,
  ): Promise<SegmentMergeOutcome> {
    let [merges, bytesRead, bytesWritten] = [0, 0, 0];
    const host = mergeHost(this.#parts);
    // Packs of a merge that failed: others go on without them until the next run.
    const aside = new Set<string>();
    let failure: Error | undefined;
    for (;;) {
      const found = await this.#parts.smallObjects(topicIds, rule.targetBytes);
      const pieces = found.filter(({ objectKey }) => !aside.has(objectKey)).map(pieceOf);
      const plan = planMerge(pieces, rule);
      const groups = plan === undefined ? [] : await this.#groups(plan.pieces, new Set(topicIds), rule);
      if (plan === undefined || groups.length === 0 || signal.aborted) {
        const counted = {
          merges,
          bytesRead,
          bytesWritten,
          aside: aside.size,
          ...countPieces([pieces], rule.targetBytes),
        };
        return failure === undefined ? counted : { ...counted, failure };
      }
      try {
        const done = await this.#parts.merging.mergePacks({ groups, maxBytesPerSecond }, host);
        merges++;
        bytesRead += done.bytesRead;
        bytesWritten += done.bytesWritten;
        onMerge();
      } catch (error) {
        failure ??= error as Error;
        for (const { object } of plan.pieces) aside.add(object.objectKey);
      }
    }
  }

  /** Sections to be moved, neighbours together; none where too few packs can be merged yet. */
  async #groups(pieces: readonly PackPiece[], topicIds: ReadonlySet<string>, rule: MergeRule): Promise<SectionRow[][]> {
    const sections: SectionRow[] = [];
    let packs = 0;
    // Packs of so many partitions that no more of them fit: fewer become one then, or none ever would.
    let isCut = false;
    for (const { object } of pieces) {
      const rows = await this.#parts.registration.sections.ofObject(object.objectKey);
      const wanted = rows.filter(({ topicId }) => topicIds.has(topicId));
      if (!wanted.every((row) => this.#isDone(row))) continue;
      if (sections.length + wanted.length > MAX_SECTIONS) {
        isCut = true;
        continue;
      }
      sections.push(...wanted);
      packs++;
    }
    return packs < (isCut ? 2 : rule.minPieces) ? [] : this.#joined(sections);
  }

  #partition({ topicId, partition }: SectionRow): MergeablePartition | undefined {
    return this.#parts.partitions(topicId)[partition];
  }

  /** Whether the section's offsets are in packs only. */
  #isDone(row: SectionRow): boolean {
    const partition = this.#partition(row);
    return partition !== undefined && row.lastOffset < mergedBelow(partition);
  }

  #joined(sections: readonly SectionRow[]): SectionRow[][] {
    const order = (a: SectionRow, b: SectionRow): number =>
      (a.topicId < b.topicId ? -1 : a.topicId > b.topicId ? 1 : 0) ||
      a.partition - b.partition ||
      a.baseOffset - b.baseOffset;
    const groups: SectionRow[][] = [];
    for (const row of [...sections].sort(order)) {
      const group = groups.at(-1);
      if (group !== undefined && this.#mayJoin(group, row)) group.push(row);
      else groups.push([row]);
    }
    return groups;
  }

  /** Whether a section follows a group without a gap, and retention can let go of them together. */
  #mayJoin(group: readonly SectionRow[], row: SectionRow): boolean {
    const last = group.at(-1);
    const config = this.#partition(row)?.config;
    if (last === undefined || config === undefined) return false;
    if (last.topicId !== row.topicId || last.partition !== row.partition) return false;
    if (last.lastOffset + 1 !== row.baseOffset) return false;
    const all = [...group, row];
    const bytes = all.reduce((sum, { length }) => sum + length, 0);
    const since = Math.min(...all.map(({ minTimestamp }) => minTimestamp));
    const until = Math.max(...all.map(({ maxTimestamp }) => maxTimestamp));
    const { retentionMs, retentionBytes, segmentBytes, segmentMs } = config;
    const limitMs = retentionMs < 0 ? segmentMs : Math.min(segmentMs, retentionMs * RETENTION_SHARE);
    const limitBytes = retentionBytes < 0 ? segmentBytes : Math.min(segmentBytes, retentionBytes * RETENTION_SHARE);
    return bytes <= limitBytes && until - since <= limitMs;
  }
}

/** Readers look for a time or an offset: packs that were made at different times do not overlap. */
function pieceOf(object: SmallObject): PackPiece {
  return { object, bytes: object.bytes, low: [object.created], high: [object.created] };
}
