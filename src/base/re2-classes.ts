/** Decides whether a character, as a code point, is in a set. */
export type CharacterTest = (codePoint: number) => boolean;

/** Code point ranges, both ends included. */
type Ranges = readonly (readonly [number, number])[];

export const inRanges =
  (ranges: Ranges): CharacterTest =>
  (codePoint) =>
    ranges.some(([first, last]) => codePoint >= first && codePoint <= last);

export const not =
  (test: CharacterTest): CharacterTest =>
  (codePoint) =>
    !test(codePoint);

export const anyOf =
  (tests: readonly CharacterTest[]): CharacterTest =>
  (codePoint) =>
    tests.some((test) => test(codePoint));

const DIGIT: Ranges = [[0x30, 0x39]];
const UPPER: Ranges = [[0x41, 0x5a]];
const LOWER: Ranges = [[0x61, 0x7a]];
const ALPHA: Ranges = [...UPPER, ...LOWER];
const WORD: Ranges = [...ALPHA, ...DIGIT, [0x5f, 0x5f]];
const SPACE: Ranges = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];
const PUNCT: Ranges = [
  [0x21, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0x7e],
];

export const isWord = inRanges(WORD);

/** `\d`, `\s` and `\w`: ASCII only, as in RE2. */
export const PERL_CLASSES: Readonly<Record<string, CharacterTest>> = {
  d: inRanges(DIGIT),
  s: inRanges(SPACE),
  w: isWord,
};

/** What stands between `[:` and `:]`. */
export const POSIX_CLASSES: Readonly<Record<string, CharacterTest>> = {
  alnum: inRanges([...ALPHA, ...DIGIT]),
  alpha: inRanges(ALPHA),
  ascii: inRanges([[0, 0x7f]]),
  blank: inRanges([
    [0x09, 0x09],
    [0x20, 0x20],
  ]),
  cntrl: inRanges([
    [0, 0x1f],
    [0x7f, 0x7f],
  ]),
  digit: inRanges(DIGIT),
  graph: inRanges([[0x21, 0x7e]]),
  lower: inRanges(LOWER),
  print: inRanges([[0x20, 0x7e]]),
  punct: inRanges(PUNCT),
  space: inRanges([
    [0x09, 0x0d],
    [0x20, 0x20],
  ]),
  upper: inRanges(UPPER),
  word: isWord,
  xdigit: inRanges([...DIGIT, [0x41, 0x46], [0x61, 0x66]]),
};

/** `\p{…}`: a general category or a script of Unicode; undefined for an unknown name. */
export function unicodeClass(name: string): CharacterTest | undefined {
  if (name === 'Any') return () => true;
  if (!/^\w+$/.test(name)) return undefined;
  for (const property of [`General_Category=${name}`, `Script=${name}`]) {
    const expression = unicodeExpression(property);
    if (expression !== undefined) return (codePoint) => expression.test(String.fromCodePoint(codePoint));
  }
  return undefined;
}

function unicodeExpression(property: string): RegExp | undefined {
  try {
    return new RegExp(`^\\p{${property}}$`, 'u');
  } catch {
    // The language's own word for "there is no such property".
    return undefined;
  }
}

/** The test, blind to case. */
export const foldCase =
  (test: CharacterTest): CharacterTest =>
  (codePoint) => {
    if (test(codePoint)) return true;
    const text = String.fromCodePoint(codePoint);
    return [text.toLowerCase(), text.toUpperCase()].some((other) => {
      const folded = other.codePointAt(0) ?? codePoint;
      return folded !== codePoint && String.fromCodePoint(folded).length === other.length && test(folded);
    });
  };
