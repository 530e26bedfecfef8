/** Letters that may be wrong, missing or too many in a name that is still recognized. */
const MAX_MISTAKES = 2;

/** The known name that was most likely meant by `given`; undefined where none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const partOf = known.find((name) => name.endsWith(`.${given}`) || given.endsWith(`.${name}`));
  const [best] = known
    .map((name) => ({ name, mistakes: mistakesBetween(given, name) }))
    .filter(({ mistakes }) => mistakes <= MAX_MISTAKES)
    .sort((a, b) => a.mistakes - b.mistakes);
  return best?.name ?? partOf;
}

/** Letters to insert, remove or replace (Levenshtein). */
function mistakesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
