import { countPieces, type MergePiece, type MergeRule } from '../../base/merge-policy.ts';
import type { SmallTexts } from '../../metadata/small-objects.ts';
import type { TextSegmentRow } from '../../metadata/types.ts';
import type { SegmentMergeOutcome } from './metrics.ts';
import { mergedBelow, mergeHost, type MergeablePartition, type SegmentMergeParts } from './segment-merges.ts';
import { planTextMerge, TEXT_TARGET_BYTES, type TextRule, textRule } from './text-policy.ts';
import type { MergeHost, TextMergeTask } from './types.ts';

export interface TextMergeParts extends SegmentMergeParts {
  readonly smallTexts: (
    topicIds: readonly string[],
    belowBytes: number,
    least: number,
  ) => Promise<readonly SmallTexts[]>;
}

/** Text segments of one partition that are looked at: the newest. Most of the older ones are large for good. */
const MOST = 10_000;

type TextPiece = MergePiece & { readonly row: TextSegmentRow };

/** Merges neighbouring text segments of a partition: their records are indexed again, from packs, into fewer. */
export class TextMerges {
  readonly #parts: TextMergeParts;
  /** Segments that ended because memory did: they are large enough, whatever their size. */
  readonly #full = new Set<string>();

  constructor(parts: TextMergeParts) {
    this.#parts = parts;
  }

  /** Merges what the rule says of the text segments of these topics. */
  async run(
    topicIds: readonly string[],
    given: MergeRule,
    maxBytesPerSecond: number,
    signal: AbortSignal,
    onMerge: () => void,
  ): Promise<SegmentMergeOutcome> {
    const rule = textRule(given);
    const due = await this.#parts.smallTexts(topicIds, rule.largeBytes, rule.leastPieces);
    let [merges, bytesRead, bytesWritten] = [0, 0, 0];
    const groups: TextPiece[][] = [];
    let failure: Error | undefined;
    const merge = async (found: MergeablePartition): Promise<void> => {
      for (;;) {
        const pieces = await this.#pieces(found);
        const task = signal.aborted ? undefined : await this.#task(found, pieces, rule, maxBytesPerSecond);
        if (task === undefined) return void groups.push(pieces);
        const done = await this.#parts.merging.mergeText(task, this.#host());
        merges++;
        bytesRead += done.bytesRead;
        bytesWritten += done.bytesWritten;
        onMerge();
      }
    };
    for (const { topicId, partition } of due) {
      const found = this.#parts.partitions(topicId)[partition];
      if (found === undefined) continue;
      try {
        await merge(found);
      } catch (error) {
        // The other partitions need not wait for this one.
        failure ??= error as Error;
      }
    }
    const counted = { merges, bytesRead, bytesWritten, aside: 0, ...countPieces(groups, rule.targetBytes) };
    return failure === undefined ? counted : { ...counted, failure };
  }

  #host(): MergeHost {
    const host = mergeHost(this.#parts);
    return {
      ...host,
      swapText: async (swap) => {
        await host.swapText(swap);
        for (const row of swap.text.slice(0, -1)) this.#full.add(nameOf(row));
      },
    };
  }

  /** What of a partition may be merged; a segment that reaches below the log start goes with it. */
  async #pieces(partition: MergeablePartition): Promise<TextPiece[]> {
    const { topicId, partition: number, logStartOffset } = partition;
    const below = mergedBelow(partition);
    const rows = await this.#parts.registration.textsOf(topicId, number, logStartOffset, below);
    const done = rows.filter(({ baseOffset, lastOffset }) => baseOffset >= logStartOffset && lastOffset < below);
    const full = (row: TextSegmentRow): boolean => this.#full.has(nameOf(row));
    return done.slice(-MOST).map((row) => {
      const bytes = full(row) ? Math.max(row.length, TEXT_TARGET_BYTES) : row.length;
      return { row, bytes, low: [row.baseOffset], high: [row.lastOffset] };
    });
  }

  /** What to do next: all segments that the plan names are made anew. */
  async #task(
    found: MergeablePartition,
    pieces: readonly TextPiece[],
    rule: TextRule,
    maxBytesPerSecond: number,
  ): Promise<TextMergeTask | undefined> {
    const chosen = planTextMerge(pieces, rule);
    if (chosen === undefined) return undefined;
    const { topicId, partition } = found;
    const from = Math.min(...chosen.map(({ row }) => row.baseOffset));
    const to = Math.max(...chosen.map(({ row }) => row.lastOffset)) + 1;
    const sections = await this.#parts.registration.sections.overlapping(topicId, partition, from, to);
    const { expiry } = found.config;
    return { topicId, partition, from, to, sections, aborted: found.abortedBelow(to), expiry, maxBytesPerSecond };
  }
}

const nameOf = ({ topicId, partition, baseOffset }: Pick<TextSegmentRow, 'topicId' | 'partition' | 'baseOffset'>) =>
  `${topicId}/${partition}/${baseOffset}`;
