import { type MergePiece, type MergeRule, planMerge } from '../../base/merge-policy.ts';

/** Text segments are not made larger than this: one takes about eight times as much memory while it is made. */
export const TEXT_TARGET_BYTES = 4 * 1024 * 1024;
/** A text segment of this share of the target is left alone: few would become one, and all their records would be indexed again for it. */
const LARGE = 1 / 8;
/** So many times as many text segments as files or packs become one: a merge costs what indexing did, so each record should meet few. */
const PATIENCE = 4;

export interface TextRule extends MergeRule {
  /** Segments below this are small. */
  readonly largeBytes: number;
  /** So many small neighbours become one where a large segment or a gap follows them: no more of them will come. */
  readonly leastPieces: number;
}

/** The rule for text segments where that is the one for all. Those of a partition do not overlap, so that levels would save nothing: tiers it is. */
export function textRule(rule: MergeRule): TextRule {
  const minPieces = PATIENCE * rule.minPieces;
  const targetBytes = Math.min(rule.targetBytes, TEXT_TARGET_BYTES);
  return {
    policy: 'size-tiered',
    minPieces,
    maxPieces: Math.max(minPieces, rule.maxPieces),
    targetBytes,
    largeBytes: LARGE * targetBytes,
    leastPieces: minPieces / 2,
  };
}

/**
 * Which text segments of a partition, given by offset, should be made anew next: small neighbours that make up one of the target size at most. Pure.
 * Undefined: all is well.
 */
export function planTextMerge<Piece extends MergePiece>(
  pieces: readonly Piece[],
  rule: TextRule,
): readonly Piece[] | undefined {
  for (const run of smallNeighbours(pieces, rule)) {
    const isAtEnd = run.at(-1) === pieces.at(-1);
    const due = !isAtEnd && run.length >= rule.leastPieces ? run : ofOneSize(run, rule);
    if (due.length > 0) return upTo(due, rule.targetBytes);
  }
  return undefined;
}

/** Enough of about one size, with those of other sizes that lie between them. */
function ofOneSize<Piece extends MergePiece>(run: readonly Piece[], rule: TextRule): readonly Piece[] {
  const chosen = planMerge(run, rule)?.pieces ?? [];
  const [first, last] = [chosen[0], chosen.at(-1)];
  return first === undefined || last === undefined ? [] : run.slice(run.indexOf(first), run.indexOf(last) + 1);
}

/** Small pieces, without the large ones between them, and only where one follows the other without a gap. */
function smallNeighbours<Piece extends MergePiece>(pieces: readonly Piece[], { largeBytes }: TextRule): Piece[][] {
  const runs: Piece[][] = [];
  let next = Number.NEGATIVE_INFINITY;
  let open = false;
  for (const piece of pieces) {
    const [low = 0, high = 0] = [piece.low[0], piece.high[0]];
    const isSmall = piece.bytes < largeBytes;
    if (isSmall && open && low <= next) runs.at(-1)?.push(piece);
    else if (isSmall) runs.push([piece]);
    open = isSmall;
    next = Math.max(next, high + 1);
  }
  return runs;
}

/** The first pieces, as many as come to so many bytes. */
function upTo<Piece extends MergePiece>(pieces: readonly Piece[], bytes: number): readonly Piece[] {
  let sum = 0;
  for (const [at, piece] of pieces.entries()) {
    sum += piece.bytes;
    if (sum > bytes) return pieces.slice(0, at);
  }
  return pieces;
}
