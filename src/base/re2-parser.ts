import {
  anyOf,
  type CharacterTest,
  foldCase,
  inRanges,
  not,
  PERL_CLASSES,
  POSIX_CLASSES,
  unicodeClass,
} from './re2-classes.ts';

/** The pattern is not one of RE2. */
export class InvalidPattern extends Error {
  override readonly name = 'InvalidPattern';
}

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word';

export type PatternNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  /** `most` undefined: without end. */
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number | undefined };

/** As in RE2: more would make programs that are too large. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 250;

const ESCAPED_ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text-start',
  z: 'text-end',
  b: 'word',
  B: 'not-word',
};
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

interface Flags {
  /** `i`: blind to case. */
  readonly fold: boolean;
  /** `m`: `^` and `$` at every line. */
  readonly lines: boolean;
  /** `s`: `.` is also a line feed. */
  readonly dotAll: boolean;
}

/**
 * Parses the syntax of RE2 (https://github.com/google/re2/wiki/Syntax). What is greedy makes no difference to whether a text matches, so
 * it is read and forgotten, as are the names of groups. Look-around and back references are not in RE2. Throws InvalidPattern.
 */
export function parsePattern(pattern: string): PatternNode {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { fold: false, lines: false, dotAll: false };

  constructor(pattern: string) {
    this.#text = Array.from(pattern);
  }

  parse(): PatternNode {
    const node = this.#choice();
    if (this.#at < this.#text.length) this.#fail(`unexpected '${this.#text[this.#at]}'`);
    return node;
  }

  #fail(reason: string): never {
    throw new InvalidPattern(`${reason} at character ${this.#at} of the regular expression`);
  }

  #peek(offset = 0): string | undefined {
    return this.#text[this.#at + offset];
  }

  #take(expected: string): boolean {
    if (!expected.split('').every((character, index) => this.#peek(index) === character)) return false;
    this.#at += expected.length;
    return true;
  }

  #next(): string {
    const character = this.#text[this.#at++];
    return character ?? this.#fail('unexpected end');
  }

  #choice(): PatternNode {
    if (++this.#depth > MAX_DEPTH) this.#fail('too many groups in each other');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'choice', parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek())
      parts.push(...this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): PatternNode[] {
    const [atom, ...more] = this.#atoms();
    if (atom === undefined) return [];
    // What `\Q…\E` quotes is many characters, and a repetition is of the last one.
    const last = more.pop() ?? atom;
    let repeated = last;
    for (let bounds = this.#bounds(); bounds !== undefined; bounds = this.#bounds()) {
      if (repeated !== last) this.#fail('a repetition of a repetition');
      repeated = { kind: 'repeat', part: last, least: bounds[0], most: bounds[1] };
      this.#take('?');
    }
    return last === atom ? [repeated] : [atom, ...more, repeated];
  }

  #bounds(): [number, number | undefined] | undefined {
    if (this.#take('*')) return [0, undefined];
    if (this.#take('+')) return [1, undefined];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    const text = this.#text.slice(this.#at, this.#at + 12).join('');
    const match = /^\{(\d+)(,(\d*))?\}/.exec(text);
    // A brace that is no repetition stands for itself.
    if (match === null) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === '' ? undefined : Number(match[3]);
    if (least > MAX_REPEAT || (most !== undefined && (most > MAX_REPEAT || most < least))) this.#fail('bad repetition');
    return [least, most];
  }

  #atoms(): PatternNode[] {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return [this.#character(this.#set())];
      case '.':
        return [this.#character(this.#flags.dotAll ? () => true : (codePoint) => codePoint !== 10)];
      case '^':
        return [{ kind: 'assertion', assertion: this.#flags.lines ? 'line-start' : 'text-start' }];
      case '$':
        return [{ kind: 'assertion', assertion: this.#flags.lines ? 'line-end' : 'text-end' }];
      case '\\':
        return this.#escaped();
      case '*':
      case '+':
      case '?':
        return this.#fail('nothing to repeat');
      default:
        return [this.#literal(character)];
    }
  }

  #character(test: CharacterTest): PatternNode {
    return { kind: 'character', test: this.#flags.fold ? foldCase(test) : test };
  }

  #literal(character: string): PatternNode {
    const codePoint = character.codePointAt(0);
    return this.#character((other) => other === codePoint);
  }

  #group(): PatternNode[] {
    const before = this.#flags;
    if (this.#take('?')) {
      if (this.#take('P<') || (this.#peek(1) !== '=' && this.#peek(1) !== '!' && this.#take('<'))) this.#groupName();
      else if (this.#groupFlags()) return [];
    }
    const node = this.#choice();
    if (!this.#take(')')) this.#fail('a group without end');
    this.#flags = before;
    return [node];
  }

  #groupName(): void {
    let name = '';
    for (let next = this.#next(); next !== '>'; next = this.#next()) name += next;
    if (!/^\w+$/.test(name)) this.#fail(`bad name of a group '${name}'`);
  }

  /** `(?i)` for what follows: true. `(?i:…)` for the group: false. */
  #groupFlags(): boolean {
    let on = true;
    for (;;) {
      const letter = this.#next();
      if (letter === '-' && on) on = false;
      else if (letter === 'i') this.#flags = { ...this.#flags, fold: on };
      else if (letter === 'm') this.#flags = { ...this.#flags, lines: on };
      else if (letter === 's') this.#flags = { ...this.#flags, dotAll: on };
      else if (letter === ':') return false;
      else if (letter === ')') return true;
      else if (letter !== 'U') this.#fail(`unknown group '(?${letter}'`);
    }
  }

  #escaped(): PatternNode[] {
    if (this.#take('Q')) return this.#quoted();
    const assertion = ESCAPED_ASSERTIONS[this.#peek() ?? ''];
    if (assertion !== undefined) {
      this.#at++;
      return [{ kind: 'assertion', assertion }];
    }
    const test = this.#classEscape();
    if (test !== undefined) return [this.#character(test)];
    const codePoint = this.#characterEscape();
    return [this.#character((other) => other === codePoint)];
  }

  #quoted(): PatternNode[] {
    const literals: PatternNode[] = [];
    while (this.#at < this.#text.length && !this.#take('\\E')) literals.push(this.#literal(this.#next()));
    return literals;
  }

  /** After a backslash: a class such as `\d` or `\p{Greek}`; undefined when it is something else. */
  #classEscape(): CharacterTest | undefined {
    const letter = this.#peek() ?? '';
    const perl = PERL_CLASSES[letter.toLowerCase()];
    if (perl !== undefined) {
      this.#at++;
      return letter === letter.toLowerCase() ? perl : not(perl);
    }
    if (letter !== 'p' && letter !== 'P') return undefined;
    this.#at++;
    let name = this.#next();
    if (name === '{') {
      name = '';
      for (let next = this.#next(); next !== '}'; next = this.#next()) name += next;
    }
    const negated = name.startsWith('^') !== (letter === 'P');
    const test = unicodeClass(name.replace(/^\^/, '')) ?? this.#fail(`unknown class '${name}'`);
    return negated ? not(test) : test;
  }

  /** After a backslash: the code point that an escape stands for. */
  #characterEscape(): number {
    const letter = this.#next();
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (letter === 'x') return this.#hexadecimal();
    if (/[0-7]/.test(letter)) return this.#octal(letter);
    if (/[\w\u0080-\u{10ffff}]/u.test(letter)) this.#fail(`unknown escape '\\${letter}'`);
    return letter.codePointAt(0) ?? 0;
  }

  #hexadecimal(): number {
    let digits = '';
    if (this.#take('{')) for (let next = this.#next(); next !== '}'; next = this.#next()) digits += next;
    else digits = this.#next() + this.#next();
    const codePoint = /^[0-9a-fA-F]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    return codePoint <= 0x10ffff ? codePoint : this.#fail('bad hexadecimal escape');
  }

  /** `\0` to `\07`, or three digits; `\1` would be a back reference. */
  #octal(first: string): number {
    let digits = first;
    while (digits.length < 3 && /^[0-7]$/.test(this.#peek() ?? '')) digits += this.#next();
    if (first !== '0' && digits.length < 2) this.#fail('a back reference');
    return Number.parseInt(digits, 8);
  }

  #set(): CharacterTest {
    const negated = this.#take('^');
    const tests: CharacterTest[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) tests.push(this.#setItem());
    this.#at++;
    const test = this.#flags.fold ? foldCase(anyOf(tests)) : anyOf(tests);
    return negated ? not(test) : test;
  }

  #setItem(): CharacterTest {
    if (this.#peek() === '[' && this.#peek(1) === ':') return this.#posixClass();
    if (this.#peek() === '\\') {
      this.#at++;
      const test = this.#classEscape();
      if (test !== undefined) return test;
      return this.#range(this.#characterEscape());
    }
    return this.#range(this.#next().codePointAt(0) ?? 0);
  }

  #range(first: number): CharacterTest {
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) return inRanges([[first, first]]);
    this.#at++;
    const last = this.#take('\\') ? this.#characterEscape() : (this.#next().codePointAt(0) ?? 0);
    if (last < first) this.#fail('bad range of characters');
    return inRanges([[first, last]]);
  }

  #posixClass(): CharacterTest {
    const text = this.#text.slice(this.#at, this.#at + 12).join('');
    const match = /^\[:(\^?)(\w+):\]/.exec(text);
    const test = POSIX_CLASSES[match?.[2] ?? ''];
    if (match === null || test === undefined) return this.#fail('unknown class of characters');
    this.#at += match[0].length;
    return match[1] === '^' ? not(test) : test;
  }
}
