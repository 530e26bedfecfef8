import { QueryRejected } from './rejected.ts';

/** Inclusive ranges of code points. */
export type CharacterSet = readonly (readonly [number, number])[];

export type RegexpNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexpNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly RegexpNode[] }
  /** `most` undefined: without end. */
  | { readonly kind: 'repeat'; readonly part: RegexpNode; readonly least: number; readonly most: number | undefined };

const LAST = 0x10ffff;
const anyCharacter: CharacterSet = [[0, LAST]];
const classes: Readonly<Record<string, CharacterSet>> = {
  d: [[0x30, 0x39]],
  w: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ],
  s: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
};

const MAX_REPEAT = 1000;
const MAX_DEPTH = 100;

/**
 * Parses Lucene's regular expressions: `.` `?` `+` `*` `{n,m}` `|` `( )` `[ ]` `[^ ]` `"literal"` `@` (anything), `\d \w \s` and their
 * opposites, `\` before any other character. Always anchored at both ends. Complement, intersection and number ranges (`~ & < >`)
 * are refused. Throws QueryRejected.
 */
export function parseRegexp(pattern: string): RegexpNode {
  return new RegexpParser(pattern).parse();
}

class RegexpParser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  parse(): RegexpNode {
    const node = this.#choice();
    if (this.#at < this.#characters.length) this.#fail(`unexpected '${this.#characters[this.#at]}'`);
    return node;
  }

  #fail(reason: string): never {
    throw new QueryRejected(`regular expression '${this.#characters.join('').slice(0, 100)}': ${reason}`);
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #choice(): RegexpNode {
    if (++this.#depth > MAX_DEPTH) this.#fail('nested too deeply');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): RegexpNode {
    const parts: RegexpNode[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated());
    }
    return { kind: 'sequence', parts };
  }

  #repeated(): RegexpNode {
    let part = this.#single();
    for (;;) {
      if (this.#take('*')) part = { kind: 'repeat', part, least: 0, most: undefined };
      else if (this.#take('+')) part = { kind: 'repeat', part, least: 1, most: undefined };
      else if (this.#take('?')) part = { kind: 'repeat', part, least: 0, most: 1 };
      else if (this.#take('{')) part = this.#counted(part);
      else return part;
    }
  }

  #counted(part: RegexpNode): RegexpNode {
    const least = this.#integer() ?? this.#fail("a number must follow '{'");
    const most = this.#take(',') ? this.#integer() : least;
    if (!this.#take('}')) this.#fail("'}' is missing");
    if (most !== undefined && most < least) this.#fail('a repetition ends before it starts');
    return { kind: 'repeat', part, least, most };
  }

  #integer(): number | undefined {
    let digits = '';
    for (let next = this.#peek(); next !== undefined && next >= '0' && next <= '9'; next = this.#peek()) {
      digits += next;
      this.#at++;
    }
    if (digits === '') return undefined;
    return Number(digits) <= MAX_REPEAT ? Number(digits) : this.#fail(`repeats more than ${MAX_REPEAT} times`);
  }

  #single(): RegexpNode {
    const character = this.#characters[this.#at++]!;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#bracket() };
      case '.':
        return { kind: 'set', set: anyCharacter };
      case '@':
        return { kind: 'repeat', part: { kind: 'set', set: anyCharacter }, least: 0, most: undefined };
      case '#':
        return { kind: 'set', set: [] };
      case '"':
        return this.#quoted();
      case '\\':
        return { kind: 'set', set: this.#escape() };
      case '*':
      case '+':
      case '?':
      case '{':
        return this.#fail(`nothing to repeat before '${character}'`);
      case '~':
      case '&':
      case '<':
      case '>':
        return this.#fail(`the operator '${character}' is not served; write '\\${character}' for the character`);
      default:
        return literal(character);
    }
  }

  #group(): RegexpNode {
    if (this.#take(')')) return { kind: 'sequence', parts: [] };
    const node = this.#choice();
    if (!this.#take(')')) this.#fail("')' is missing");
    return node;
  }

  #quoted(): RegexpNode {
    const parts: RegexpNode[] = [];
    while (!this.#take('"')) {
      const character = this.#characters[this.#at++] ?? this.#fail("'\"' is missing");
      parts.push(literal(character));
    }
    return { kind: 'sequence', parts };
  }

  #escape(): CharacterSet {
    const character = this.#characters[this.#at++] ?? this.#fail("nothing follows '\\'");
    const known = classes[character.toLowerCase()];
    if (known === undefined || character.length > 1) return single(character);
    return character === character.toLowerCase() ? known : complement(known);
  }

  #bracket(): CharacterSet {
    const negated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || !this.#take(']'); first = false) {
      const from = this.#bracketItem();
      if (from.length !== 1 || from[0]![0] !== from[0]![1] || this.#peek() !== '-' || this.#isLastDash()) {
        ranges.push(...from);
        continue;
      }
      this.#at++;
      const to = this.#bracketItem();
      if (to.length !== 1 || to[0]![0] !== to[0]![1] || to[0]![0] < from[0]![0]) this.#fail('has a wrong range in [ ]');
      ranges.push([from[0]![0], to[0]![0]]);
    }
    return negated ? complement(ranges) : ranges;
  }

  #bracketItem(): CharacterSet {
    const character = this.#characters[this.#at++] ?? this.#fail("']' is missing");
    return character === '\\' ? this.#escape() : single(character);
  }

  /** A dash before the closing bracket is a character. */
  #isLastDash(): boolean {
    return this.#characters[this.#at + 1] === ']';
  }
}

function single(character: string): CharacterSet {
  const codePoint = character.codePointAt(0)!;
  return [[codePoint, codePoint]];
}

function literal(character: string): RegexpNode {
  return { kind: 'set', set: single(character) };
}

function complement(set: CharacterSet): CharacterSet {
  const sorted = [...set].sort(([a], [b]) => a - b);
  const gaps: (readonly [number, number])[] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

/** What every match of `node` starts with. */
export function literalPrefix(node: RegexpNode): string {
  return prefixOf(node).text;
}

/** The literal start of a node; `whole` when nothing else can follow within it. */
function prefixOf(node: RegexpNode): { readonly text: string; readonly whole: boolean } {
  if (node.kind === 'set') {
    const [range] = node.set;
    if (node.set.length !== 1 || range![0] !== range![1]) return { text: '', whole: false };
    return { text: String.fromCodePoint(range![0]), whole: true };
  }
  if (node.kind === 'repeat') {
    return node.least === 0 ? { text: '', whole: false } : { text: prefixOf(node.part).text, whole: false };
  }
  if (node.kind === 'choice') return { text: '', whole: false };
  let text = '';
  for (const part of node.parts) {
    const prefix = prefixOf(part);
    text += prefix.text;
    if (!prefix.whole) return { text, whole: false };
  }
  return { text, whole: true };
}
