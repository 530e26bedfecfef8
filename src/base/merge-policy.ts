/** A file or segment that may become part of a larger one. Plain facts; the caller's own type has more. */
export interface MergePiece {
  readonly bytes: number;
  /** The least and greatest value of each dimension by which readers leave pieces out, such as partition and offset. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

const MERGE_POLICIES = ['size-tiered', 'level-based'] as const;

/**
 * - `size-tiered`: pieces of about the same size become one. Each byte is rewritten few times.
 * - `level-based`: pieces go up through levels of growing size, taking along what they overlap in the next, and reach their full size many at a time:
 *   each result has a share of the partitions, and a reader of one partition meets few of them. More pieces wait to be merged meanwhile.
 */
export type MergePolicy = (typeof MERGE_POLICIES)[number];

export interface MergeRule {
  readonly policy: MergePolicy;
  /** So many pieces of one size or level are merged; at least 2. */
  readonly minPieces: number;
  /** The size at which a piece is large enough. */
  readonly targetBytes: number;
  /** Most pieces that are merged at once. */
  readonly maxPieces: number;
}

/** What should become one. */
export interface Merge<Piece> {
  readonly pieces: readonly Piece[];
  /** The result is cut into pieces of about so many bytes. */
  readonly cutBytes: number;
}

export const DEFAULT_MERGE: MergeRule = {
  policy: 'size-tiered',
  minPieces: 4,
  targetBytes: 256 * 1024 * 1024,
  maxPieces: 32,
};

/** A piece of this share of the target is large enough: it is never touched again. */
const FULL = 0.75;
/** Pieces of one tier differ from their mean by no more than this factor. */
const ALIKE = 2;
/** Pieces below this share of the target are all of one tier. */
const SMALL = 1 / 64;
/** Levels below the full size. */
const LEVELS = 3;

const isFull = ({ bytes }: MergePiece, rule: MergeRule): boolean => bytes >= FULL * rule.targetBytes;
const total = (pieces: readonly MergePiece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/** Fewer pieces come out than go in; else merging would go on for ever. */
function worthwhile<Piece extends MergePiece>(merge: Merge<Piece>): Merge<Piece> | undefined {
  return Math.ceil(total(merge.pieces) / merge.cutBytes) < merge.pieces.length ? merge : undefined;
}

/** What of these pieces, which may all be merged with each other, should be merged next. Pure. Undefined: all is well. */
export function planMerge<Piece extends MergePiece>(
  pieces: readonly Piece[],
  rule: MergeRule,
): Merge<Piece> | undefined {
  const open = pieces.filter((piece) => !isFull(piece, rule));
  return rule.policy === 'size-tiered' ? planTier(open, rule) : planLevel(open, rule);
}

/** The smallest tier that has enough pieces. */
function planTier<Piece extends MergePiece>(open: readonly Piece[], rule: MergeRule): Merge<Piece> | undefined {
  const { minPieces, targetBytes, maxPieces } = rule;
  const tiers: Piece[][] = [];
  for (const piece of [...open].sort((a, b) => a.bytes - b.bytes)) {
    const tier = tiers.at(-1);
    const mean = tier === undefined ? 0 : total(tier) / tier.length;
    if (tier !== undefined && piece.bytes <= Math.max(ALIKE * mean, SMALL * targetBytes)) tier.push(piece);
    else tiers.push([piece]);
  }
  for (const tier of tiers) {
    if (tier.length < minPieces) continue;
    // In the order of what they hold, so that what is merged lies together.
    const chosen = take([...tier].sort(byLow), minPieces, maxPieces, targetBytes);
    const merge = worthwhile({ pieces: chosen, cutBytes: targetBytes });
    if (merge !== undefined) return merge;
  }
  return undefined;
}

/** The lowest level that has enough, with what it overlaps in the next. */
function planLevel<Piece extends MergePiece>(open: readonly Piece[], rule: MergeRule): Merge<Piece> | undefined {
  const { minPieces, targetBytes, maxPieces } = rule;
  const limit = (level: number): number => targetBytes / minPieces ** (LEVELS - level);
  const levels: Piece[][] = Array.from({ length: LEVELS }, () => []);
  for (const piece of open) {
    let level = 0;
    while (level < LEVELS - 1 && piece.bytes > limit(level)) level++;
    levels[level]?.push(piece);
  }
  for (const [level, own] of levels.entries()) {
    const isLast = level === LEVELS - 1;
    // Results of the last level stay as they are: it waits until each of them has a small share of what readers look for.
    const isDue = isLast ? total(own) >= minPieces * targetBytes || own.length >= maxPieces : own.length >= minPieces;
    if (!isDue) continue;
    const chosen = [...own].sort(byLow).slice(0, maxPieces);
    const along = (levels[level + 1] ?? []).filter((next) => chosen.some((piece) => overlaps(piece, next)));
    const pieces = [...chosen, ...along.slice(0, maxPieces - chosen.length)];
    const merge = worthwhile({ pieces, cutBytes: limit(level + 1) });
    if (merge !== undefined) return merge;
  }
  return undefined;
}

/** The first pieces, as many as make up so many bytes, and `least` in any case. */
function take<Piece extends MergePiece>(pieces: readonly Piece[], least: number, most: number, bytes: number): Piece[] {
  const chosen: Piece[] = [];
  for (const piece of pieces) {
    if (chosen.length >= most || (chosen.length >= least && total(chosen) + piece.bytes > bytes)) break;
    chosen.push(piece);
  }
  return chosen;
}

function byLow(a: MergePiece, b: MergePiece): number {
  for (const [at, low] of a.low.entries()) {
    const difference = low - (b.low[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether both could hold the same values in every dimension. */
export function overlaps(a: MergePiece, b: MergePiece): boolean {
  return a.low.every((low, at) => low <= (b.high[at] ?? low) && (b.low[at] ?? low) <= (a.high[at] ?? low));
}

/** Pieces that there are, and the least that there could be. */
export interface PieceCount {
  readonly pieces: number;
  readonly least: number;
}

/** Counts pieces, each group by itself. */
export function countPieces(groups: Iterable<readonly Pick<MergePiece, 'bytes'>[]>, targetBytes: number): PieceCount {
  let [pieces, least] = [0, 0];
  for (const group of groups) {
    if (group.length === 0) continue;
    pieces += group.length;
    const bytes = group.reduce((sum, piece) => sum + piece.bytes, 0);
    // What is larger than the target by itself is no fault of merging.
    least += Math.min(group.length, Math.max(1, Math.ceil(bytes / targetBytes)));
  }
  return { pieces, least };
}

/** How many pieces there are for each that there would be if all were merged: what a reader of everything opens in vain. 1 at best. */
export function readAmplification(counts: Iterable<PieceCount>): number {
  let [are, best] = [0, 0];
  for (const { pieces, least } of counts) [are, best] = [are + pieces, best + least];
  return best === 0 ? 1 : are / best;
}
