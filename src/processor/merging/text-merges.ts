import { countPieces, type MergePiece, type MergeRule, planMerge } from '../../base/merge-policy.ts';
import type { SmallTexts } from '../../metadata/small-objects.ts';
import type { TextSegmentRow } from '../../metadata/types.ts';
import type { MergeOutcome } from './metrics.ts';
import { mergedBelow, mergeHost, type MergeablePartition, type SegmentMergeParts } from './segment-merges.ts';
import type { TextMergeTask } from './types.ts';

export interface TextMergeParts extends SegmentMergeParts {
  readonly smallTexts: (
    topicIds: readonly string[],
    belowBytes: number,
    least: number,
  ) => Promise<readonly SmallTexts[]>;
}

/** A text segment of this size is large enough: the index of much more would not fit the memory in which it is made. */
const TARGET_BYTES = 8 * 1024 * 1024;
/** Text segments of one partition that are looked at. */
const MOST = 10_000;

type TextPiece = MergePiece & { readonly row: TextSegmentRow };

/** Merges neighbouring text segments of a partition: their records are indexed again, from packs, into fewer. */
export class TextMerges {
  readonly #parts: TextMergeParts;

  constructor(parts: TextMergeParts) {
    this.#parts = parts;
  }

  /** Merges what the rule says of the text segments of these topics. */
  async run(
    topicIds: readonly string[],
    { targetBytes: most, ...shared }: MergeRule,
    maxBytesPerSecond: number,
    signal: AbortSignal,
  ): Promise<MergeOutcome> {
    const rule = { ...shared, targetBytes: Math.min(most, TARGET_BYTES) };
    const due = await this.#parts.smallTexts(topicIds, rule.targetBytes, rule.minPieces);
    let [merges, bytesRead, bytesWritten] = [0, 0, 0];
    const groups: TextPiece[][] = [];
    for (const { topicId, partition } of due) {
      const found = this.#parts.partitions(topicId)[partition];
      if (found === undefined) continue;
      for (;;) {
        const pieces = await this.#pieces(found);
        const task = signal.aborted ? undefined : await this.#task(found, pieces, rule, maxBytesPerSecond);
        if (task === undefined) {
          groups.push(pieces);
          break;
        }
        const done = await this.#parts.merging.mergeText(task, mergeHost(this.#parts));
        merges++;
        bytesRead += done.bytesRead;
        bytesWritten += done.bytesWritten;
      }
    }
    return { merges, bytesRead, bytesWritten, aside: 0, ...countPieces(groups, rule.targetBytes) };
  }

  async #pieces(partition: MergeablePartition): Promise<TextPiece[]> {
    const { topicId, partition: number, logStartOffset } = partition;
    const below = mergedBelow(partition);
    const rows = await this.#parts.registration.textsOf(topicId, number, logStartOffset, below);
    const done = rows.filter(({ lastOffset }) => lastOffset < below).slice(0, MOST);
    return done.map((row) => ({ row, bytes: row.length, low: [row.baseOffset], high: [row.lastOffset] }));
  }

  /** What to do next: all segments from the first to the last that the plan names are made anew. */
  async #task(
    found: MergeablePartition,
    pieces: readonly TextPiece[],
    rule: MergeRule,
    maxBytesPerSecond: number,
  ): Promise<TextMergeTask | undefined> {
    const { topicId, partition, logStartOffset } = found;
    for (const run of runs(pieces, rule)) {
      const chosen = planMerge(run, rule)?.pieces ?? [];
      const [first, last] = [chosen[0], chosen.at(-1)];
      if (first === undefined || last === undefined) continue;
      const from = Math.max(logStartOffset, Math.min(...chosen.map(({ row }) => row.baseOffset)));
      const to = Math.max(...chosen.map(({ row }) => row.lastOffset)) + 1;
      const sections = await this.#parts.registration.sections.overlapping(topicId, partition, from, to);
      return { topicId, partition, from, to, sections, aborted: found.abortedBelow(to), maxBytesPerSecond };
    }
    return undefined;
  }
}

/** Small neighbours, without the large ones between them, and only where one follows the other without a gap. */
function runs(pieces: readonly TextPiece[], rule: MergeRule): TextPiece[][] {
  const found: TextPiece[][] = [];
  let next = -1;
  let open = false;
  for (const piece of pieces) {
    const { row } = piece;
    const isSmall = piece.bytes < 0.75 * rule.targetBytes;
    if (isSmall && open && row.baseOffset <= next) found.at(-1)?.push(piece);
    else if (isSmall) found.push([piece]);
    open = isSmall;
    next = Math.max(next, row.lastOffset + 1);
  }
  return found;
}
