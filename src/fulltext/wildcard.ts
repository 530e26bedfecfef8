/** Matches a pattern with `*` (any text), `?` (any one character) and `\` (the next character as it is) against whole terms. */
export interface WildcardPattern {
  /** What every match starts with. */
  readonly prefix: string;
  matches(text: string): boolean;
}

const ANY_TEXT = -1;
const ANY_CHARACTER = -2;

/** Compiles a wildcard pattern. */
export function compileWildcard(pattern: string): WildcardPattern {
  const steps: number[] = [];
  const characters = Array.from(pattern, (character) => character.codePointAt(0)!);
  for (let i = 0; i < characters.length; i++) {
    const codePoint = characters[i]!;
    if (codePoint === 0x2a) {
      if (steps.at(-1) !== ANY_TEXT) steps.push(ANY_TEXT);
    } else if (codePoint === 0x3f) steps.push(ANY_CHARACTER);
    else if (codePoint === 0x5c && i + 1 < characters.length) steps.push(characters[++i]!);
    else steps.push(codePoint);
  }
  const open = steps.findIndex((step) => step < 0);
  const literal = open < 0 ? steps : steps.slice(0, open);
  return { prefix: String.fromCodePoint(...literal.slice(0, 1000)), matches: (text) => runWildcard(steps, text) };
}

/** Greedy, going back to the last `*` only: at most pattern × text steps. */
function runWildcard(steps: readonly number[], text: string): boolean {
  let at = 0;
  let step = 0;
  let star = -1;
  let retry = 0;
  while (at < text.length) {
    const codePoint = text.codePointAt(at)!;
    const wanted = steps[step];
    if (wanted === codePoint || wanted === ANY_CHARACTER) {
      at += codePoint > 0xffff ? 2 : 1;
      step++;
    } else if (wanted === ANY_TEXT) {
      star = step++;
      retry = at;
    } else if (star >= 0) {
      retry += text.codePointAt(retry)! > 0xffff ? 2 : 1;
      at = retry;
      step = star + 1;
    } else return false;
  }
  while (steps[step] === ANY_TEXT) step++;
  return step === steps.length;
}
