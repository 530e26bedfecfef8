/** A pattern with `*` (any text), `?` (any one character) and `\` (the next character as it is), for whole terms. */
export interface WildcardPattern {
  /** What every match starts with. */
  readonly prefix: string;
  matches(text: string): boolean;
  /** The same for UTF-8 in bytes [from, to). */
  matchesBytes(bytes: Uint8Array, from: number, to: number): boolean;
}

const ANY_TEXT = -1;
const ANY_CHARACTER = -2;

const encoder = new TextEncoder();

/** Compiles a wildcard pattern. */
export function compileWildcard(pattern: string): WildcardPattern {
  const steps: number[] = [];
  const bytes = encoder.encode(pattern);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x2a) {
      if (steps.at(-1) !== ANY_TEXT) steps.push(ANY_TEXT);
    } else if (byte === 0x3f) steps.push(ANY_CHARACTER);
    else if (byte === 0x5c && i + 1 < bytes.length) steps.push(bytes[++i]!);
    else steps.push(byte);
  }
  const open = steps.findIndex((step) => step < 0);
  const prefix = Buffer.from(open < 0 ? steps : steps.slice(0, open)).toString('utf8');
  const matchesBytes: WildcardPattern['matchesBytes'] = (text, from, to) => runWildcard(steps, text, from, to);
  return {
    prefix,
    matchesBytes,
    matches(text) {
      const encoded = encoder.encode(text);
      return matchesBytes(encoded, 0, encoded.length);
    },
  };
}

/** Greedy, going back to the last `*` only: at most pattern × text steps. */
function runWildcard(steps: readonly number[], bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  let step = 0;
  let star = -1;
  let retry = 0;
  while (at < to) {
    const wanted = steps[step];
    if (wanted === bytes[at]) {
      at++;
      step++;
    } else if (wanted === ANY_CHARACTER && !continues(bytes[at]!)) {
      do at++;
      while (at < to && continues(bytes[at]!));
      step++;
    } else if (wanted === ANY_TEXT) {
      star = step++;
      retry = at;
    } else if (star >= 0) {
      at = ++retry;
      step = star + 1;
    } else return false;
  }
  while (steps[step] === ANY_TEXT) step++;
  return step === steps.length;
}

/** True for a byte within a UTF-8 character. */
function continues(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
