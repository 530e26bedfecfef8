import type { Query } from '../fulltext/query.ts';
import { tokensOf } from './analysis.ts';
import type { ParseContext } from './context.ts';
import { illegalArgument } from './error.ts';
import { boolQuery, type FieldGroup, fieldGroups, overGroups, withBoost } from './fields.ts';
import { cut } from './json.ts';
import { searchLimits } from './limits.ts';
import { endsWithEscape } from './lucene-scanner.ts';
import { specialFieldQuery } from './special-fields.ts';

export interface SimpleQueryOptions {
  readonly fields?: readonly string[];
  readonly defaultOperator?: 'or' | 'and';
  /** Operators that are on, `|` between them: ALL, NONE, AND, OR, NOT, PREFIX, PHRASE, PRECEDENCE, ESCAPE, WHITESPACE, FUZZY, NEAR, SLOP. */
  readonly flags?: string;
  readonly minimumShouldMatch?: (optionalClauses: number) => number;
  readonly boost?: number;
  readonly depth?: number;
}

const FLAGS = ['AND', 'OR', 'NOT', 'PREFIX', 'PHRASE', 'PRECEDENCE', 'ESCAPE', 'WHITESPACE', 'FUZZY', 'NEAR', 'SLOP'];

/**
 * Parses Elasticsearch's `simple_query_string`: `+` `|` `-` `"…"` `(…)` `word*` `word~N` `"…"~N` and backslashes. Bad syntax is
 * no error: what cannot be an operator is text. Text without a token, and empty text, match nothing.
 */
export function parseSimpleQueryString(input: string, context: ParseContext, options: SimpleQueryOptions = {}): Query {
  const parser = new SimpleParser(input, context, options);
  return withBoost(parser.whole(), options.boost ?? 1);
}

function flagsOf(text: string | undefined): ReadonlySet<string> {
  const names = text === undefined || text === '' ? ['ALL'] : text.split('|').map((name) => name.trim().toUpperCase());
  const unknown = names.find((name) => name !== 'ALL' && name !== 'NONE' && !FLAGS.includes(name));
  if (unknown !== undefined) throw illegalArgument(`Unknown simple_query_string flag [${cut(unknown)}]`);
  return new Set(names.includes('ALL') ? FLAGS : names);
}

type Operator = 'and' | 'or';

/** The clauses of one level, as they come together: from left to right, without precedence. */
class Level {
  #operator: Operator = 'or';
  #queries: Query[] = [];

  add(query: Query, operator: Operator): void {
    if (this.#queries.length > 1 && operator !== this.#operator)
      this.#queries = [joined(this.#queries, this.#operator)];
    this.#operator = operator;
    this.#queries.push(query);
  }

  get query(): Query | undefined {
    return this.#queries.length < 2 ? this.#queries[0] : joined(this.#queries, this.#operator);
  }
}

function joined(queries: Query[], operator: Operator): Query {
  return operator === 'and' ? boolQuery({ must: queries }) : boolQuery({ should: queries, minimumShouldMatch: 1 });
}

class SimpleParser {
  readonly #input: string;
  readonly #context: ParseContext;
  readonly #options: SimpleQueryOptions;
  readonly #flags: ReadonlySet<string>;
  readonly #groups: readonly FieldGroup[];
  #at = 0;

  constructor(input: string, context: ParseContext, options: SimpleQueryOptions) {
    this.#input = input;
    this.#context = context;
    this.#options = options;
    this.#flags = flagsOf(options.flags);
    this.#groups = fieldGroups(options.fields ?? []);
  }

  whole(): Query {
    const query = this.#level(this.#options.depth ?? 0, false) ?? { kind: 'none' };
    const minimum = this.#options.minimumShouldMatch;
    if (minimum === undefined || query.kind !== 'bool' || query.should.length === 0) return query;
    const wanted = minimum(query.should.length);
    return wanted > query.should.length ? { kind: 'none' } : { ...query, minimumShouldMatch: Math.max(1, wanted) };
  }

  /** Clauses up to the end, or behind the closing parenthesis. */
  #level(depth: number, inside: boolean): Query | undefined {
    const level = new Level();
    let operator: Operator | undefined;
    while (this.#at < this.#input.length) {
      const next = this.#input[this.#at]!;
      if (isSpace(next)) this.#at++;
      else if (next === ')' && this.#flags.has('PRECEDENCE')) {
        this.#at++;
        if (inside) break;
      } else if (next === '+' && this.#flags.has('AND')) operator = this.#operator('and');
      else if (next === '|' && this.#flags.has('OR')) operator = this.#operator('or');
      else {
        this.#clause(level, operator ?? this.#options.defaultOperator ?? 'or', depth);
        operator = undefined;
      }
    }
    return level.query;
  }

  #operator(operator: Operator): Operator {
    this.#at++;
    return operator;
  }

  #clause(level: Level, operator: Operator, depth: number): void {
    let negated = false;
    while (this.#input[this.#at] === '-' && this.#flags.has('NOT')) {
      negated = !negated;
      this.#at++;
    }
    // A minus that stands alone negates nothing.
    const query = isSpace(this.#input[this.#at] ?? ' ') ? undefined : this.#operand(depth);
    if (query === undefined) return;
    // A negation is a clause of its own: joined by OR it is everything but that.
    level.add(negated ? boolQuery({ mustNot: [query], filter: [{ kind: 'all' }] }) : query, operator);
  }

  #operand(depth: number): Query | undefined {
    const next = this.#input[this.#at];
    if (next === undefined) return undefined;
    if (next === '(' && this.#flags.has('PRECEDENCE') && depth < searchLimits.depth) {
      this.#at++;
      return this.#level(depth + 1, true);
    }
    if (next === '"' && this.#flags.has('PHRASE')) {
      const end = this.#closingQuote();
      if (end > 0) return this.#phrase(end);
    }
    return this.#word();
  }

  #closingQuote(): number {
    let at = this.#at + 1;
    while (at < this.#input.length && this.#input[at] !== '"') at += this.#escapeAt(at) ? 2 : 1;
    return at < this.#input.length ? at : -1;
  }

  #phrase(end: number): Query | undefined {
    const text = this.#unescape(this.#input.slice(this.#at + 1, end));
    this.#at = end + 1;
    const slop = this.#flags.has('NEAR') || this.#flags.has('SLOP') ? this.#tilde() : undefined;
    if (tokensOf(text).length === 0) return undefined;
    return this.#leaf(text, (fields) => ({ kind: 'phrase', fields, text, slop: Math.min(slop ?? 0, 1_000_000) }));
  }

  #word(): Query | undefined {
    const start = this.#at;
    while (this.#at < this.#input.length && (this.#at === start || !this.#endsWord(this.#at))) {
      this.#at += this.#escapeAt(this.#at) ? 2 : 1;
    }
    this.#at = Math.min(this.#at, this.#input.length);
    const raw = this.#input.slice(start, this.#at);
    const prefix =
      this.#flags.has('PREFIX') && raw.length > 1 && raw.endsWith('*') && !this.#endsEscaped(raw.slice(0, -1));
    const text = this.#unescape(prefix ? raw.slice(0, -1) : raw);
    const edits = this.#flags.has('FUZZY') && this.#input[this.#at] === '~' ? this.#tilde() : undefined;
    if (this.#input[this.#at] === '~') this.#at++;
    if (raw === '*' && this.#flags.has('PREFIX')) return { kind: 'all' };
    if (prefix) return this.#leaf(text, (fields) => ({ kind: 'prefix', fields, value: text.toLowerCase() }));
    const tokens = tokensOf(text);
    if (tokens.length === 0) return undefined;
    if (edits !== undefined && tokens.length === 1) {
      const distance = edits >= 2 ? 2 : edits === 1 ? 1 : 0;
      return this.#leaf(text, (fields) => ({ kind: 'fuzzy', fields, value: tokens[0]!, distance }));
    }
    return this.#leaf(text, (fields) => ({
      kind: 'match',
      fields,
      text,
      operator: this.#options.defaultOperator ?? 'or',
    }));
  }

  #endsWord(at: number): boolean {
    const next = this.#input[at]!;
    if (isSpace(next)) return true;
    if (next === '|') return this.#flags.has('OR');
    if (next === '+') return this.#flags.has('AND');
    if (next === '(' || next === ')') return this.#flags.has('PRECEDENCE');
    if (next === '"') return this.#flags.has('PHRASE');
    return next === '~' && this.#flags.has('FUZZY');
  }

  /** The number behind a tilde; 2 where there is none. Undefined without a tilde. */
  #tilde(): number | undefined {
    const match = /^~(\d{0,9})/.exec(this.#input.slice(this.#at, this.#at + 10));
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[1] === '' ? 2 : Number(match[1]);
  }

  #escapeAt(at: number): boolean {
    return this.#input[at] === '\\' && this.#flags.has('ESCAPE');
  }

  #endsEscaped(text: string): boolean {
    return this.#flags.has('ESCAPE') && endsWithEscape(text);
  }

  #unescape(text: string): string {
    return this.#flags.has('ESCAPE') ? text.replaceAll(/\\([^]?)/g, '$1') : text;
  }

  #leaf(text: string, make: (fields: readonly string[]) => Query): Query {
    this.#context.clause();
    const special = { now: this.#context.now, lenient: true };
    const queryOf = (fields: readonly string[]): Query => specialFieldQuery(fields, text, special) ?? make(fields);
    return overGroups(this.#groups, 1, queryOf, this.#context);
  }
}

function isSpace(text: string): boolean {
  return /\s/.test(text);
}
