import { SearchError } from './error.ts';
import { cut } from './json.ts';

/** A word of the query, as written and without its escapes. */
export interface Word {
  readonly raw: string;
  readonly text: string;
  readonly position: number;
  /** Has an unescaped `*` or `?`. */
  readonly wild: boolean;
}

const SPACE = /[ \t\n\r\u3000]/;
/** What ends a word unless a backslash stands before it. */
const SPECIAL = /[ \t\n\r\u3000!():^[\]"{}~/]/;

/** Walks over a query in Lucene syntax; each character is looked at a bounded number of times. */
export class LuceneScanner {
  readonly input: string;
  position = 0;

  constructor(input: string) {
    this.input = input;
  }

  /** The next character, or an empty string at the end. */
  get next(): string {
    return this.input[this.position] ?? '';
  }

  get atEnd(): boolean {
    return this.position >= this.input.length;
  }

  startsWith(text: string): boolean {
    return this.input.startsWith(text, this.position);
  }

  skipSpace(): void {
    while (!this.atEnd && SPACE.test(this.next)) this.position++;
  }

  /** True at white space or at the end. */
  spaceAt(position: number): boolean {
    return position >= this.input.length || SPACE.test(this.input[position]!);
  }

  /** Takes `text` when it comes next. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.position += text.length;
    return true;
  }

  /** The word that begins here; an empty one where a special character stands. */
  word(): Word {
    const start = this.position;
    let wild = false;
    while (!this.atEnd && !SPECIAL.test(this.next)) {
      if (this.next === '\\') this.#escaped();
      else {
        wild ||= this.next === '*' || this.next === '?';
        this.position++;
      }
    }
    const raw = this.input.slice(start, this.position);
    return { raw, text: unescape(raw, (at) => this.fail('a malformed \\u escape', start + at)), position: start, wild };
  }

  /** The text between quotes; the opening one comes next. */
  quoted(): string {
    const start = this.position++;
    while (!this.atEnd && this.next !== '"') {
      if (this.next === '\\') this.#escaped();
      else this.position++;
    }
    if (this.atEnd) throw this.fail('the quote is not closed', start);
    const raw = this.input.slice(start + 1, this.position++);
    return unescape(raw, (at) => this.fail('a malformed \\u escape', start + 1 + at));
  }

  /** The expression between slashes; the opening one comes next. */
  regexp(): string {
    const start = this.position++;
    while (!this.atEnd && this.next !== '/') this.position += this.startsWith('\\/') ? 2 : 1;
    if (this.atEnd) throw this.fail("the regular expression is not closed by '/' (write \\/ for a slash)", start);
    return this.input.slice(start + 1, this.position++).replaceAll('\\/', '/');
  }

  /** One end of a range: everything up to white space or a closing bracket. */
  bound(): string {
    this.skipSpace();
    if (this.next === '"') return this.quoted();
    const start = this.position;
    if (this.startsWith('TO') && this.spaceAt(start + 2)) throw this.fail('a value of the range is missing', start);
    while (!this.atEnd && !SPACE.test(this.next) && this.next !== ']' && this.next !== '}') {
      if (this.next === '\\') this.#escaped();
      else this.position++;
    }
    if (this.position === start) throw this.fail('a value of the range is missing', start);
    const raw = this.input.slice(start, this.position);
    return unescape(raw, (at) => this.fail('a malformed \\u escape', start + at));
  }

  /** A number such as `2` or `0.5`; undefined when none comes next. */
  number(): number | undefined {
    const match = /^\d{1,15}(?:\.\d{1,15})?/.exec(this.input.slice(this.position, this.position + 32));
    if (match === null) return undefined;
    this.position += match[0].length;
    return Number(match[0]);
  }

  /** The error that the query is refused with; `position` counts from 0, the message from 1. */
  fail(reason: string, position = this.position): SearchError {
    const where = position >= this.input.length ? 'at the end of the query' : `at position ${position + 1}`;
    const message = `Failed to parse query [${cut(this.input)}]: ${reason} ${where}`;
    return new SearchError('query_shard_exception', message, 400, { position: position + 1 });
  }

  #escaped(): void {
    if (this.position + 1 >= this.input.length) throw this.fail('the backslash escapes nothing');
    this.position += 2;
  }
}

/** Takes backslashes away; `\uXXXX` is that character. */
function unescape(raw: string, malformed: (at: number) => SearchError): string {
  if (!raw.includes('\\')) return raw;
  let text = '';
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== '\\') text += raw[at];
    else if (raw[++at] !== 'u') text += raw[at];
    else {
      const digits = raw.slice(at + 1, at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw malformed(at - 1);
      text += String.fromCharCode(Number.parseInt(digits, 16));
      at += 4;
    }
  }
  return text;
}

/** True when an odd number of backslashes ends the text, so that what follows is escaped. */
export function endsWithEscape(text: string): boolean {
  let at = text.length;
  while (at > 0 && text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
}
