/** Field lengths below this are kept exactly in a norm byte. */
const EXACT = 24;

/**
 * A field length (tokens of a field in a document) as one byte: exact below 24, then with 4 significant bits, as Lucene's norms are.
 * Scores of live and sealed indexes both use the length that this byte stands for.
 */
export function normOf(length: number): number {
  if (length < EXACT) return length;
  const rest = length - EXACT;
  if (rest < 8) return EXACT + rest;
  const shift = 28 - Math.clz32(rest);
  return Math.min(255, EXACT + (((shift + 1) << 3) | ((rest >>> shift) & 7)));
}

/** The field length that each norm byte stands for. */
export const normLengths: Float64Array = Float64Array.from({ length: 256 }, (_, norm) => {
  if (norm < EXACT + 8) return norm;
  const shift = ((norm - EXACT) >> 3) - 1;
  return EXACT + (((norm - EXACT) & 7) | 8) * 2 ** shift;
});
