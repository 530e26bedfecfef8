import { searchLimits } from './limits.ts';
import type { LuceneClause, LuceneNode, LuceneValue } from './lucene-nodes.ts';
import { endsWithEscape, LuceneScanner, type Word } from './lucene-scanner.ts';

/** Words that are operators wherever they stand by themselves. */
const OPERATORS: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT', '&&', '||']);

type Conjunction = 'and' | 'or' | undefined;
type Modifier = 'required' | 'prohibited' | undefined;

export interface LuceneSyntaxOptions {
  readonly defaultOperator: 'or' | 'and';
  /** Levels of nesting that surround the query already. */
  readonly depth: number;
  /** Called once for each single query, so that the caller can bound their number. */
  readonly onClause: () => void;
}

/**
 * Parses Lucene's classic query syntax as Elasticsearch's `query_string` takes it. Throws a SearchError that names the position.
 * Undefined for a query without a clause. AND and OR have no precedence: each AND makes both neighbours required, as in Lucene.
 */
export function parseLuceneSyntax(input: string, options: LuceneSyntaxOptions): LuceneNode | undefined {
  const parser = new LuceneParser(new LuceneScanner(input), options);
  return parser.whole();
}

class LuceneParser {
  readonly #in: LuceneScanner;
  readonly #options: LuceneSyntaxOptions;

  constructor(scanner: LuceneScanner, options: LuceneSyntaxOptions) {
    this.#in = scanner;
    this.#options = options;
  }

  whole(): LuceneNode | undefined {
    const node = this.#clauses(undefined, this.#options.depth);
    if (!this.#in.atEnd) throw this.#in.fail("')' closes nothing");
    return node;
  }

  /** Clauses up to the end or to a closing parenthesis, which is left. */
  #clauses(field: string | undefined, depth: number): LuceneNode | undefined {
    if (depth > searchLimits.depth) {
      throw this.#in.fail(`nested too deeply: at most ${searchLimits.depth} levels are allowed`);
    }
    const clauses: LuceneClause[] = [];
    for (this.#in.skipSpace(); !this.#in.atEnd && this.#in.next !== ')'; this.#in.skipSpace()) {
      const start = this.#in.position;
      const conjunction = this.#conjunction();
      if (conjunction !== undefined && clauses.length === 0) {
        throw this.#in.fail('a query cannot begin with AND or OR', start);
      }
      const modifier = this.#modifier();
      const node = this.#clause(field, depth);
      if (node !== undefined) this.#join(clauses, conjunction, modifier, node);
    }
    const [only] = clauses;
    if (only === undefined) return undefined;
    return clauses.length === 1 && only.occur !== 'must_not' ? only.node : { type: 'group', clauses, boost: 1 };
  }

  /** Lucene's rules (QueryParserBase.addClause) for what AND, OR, + and - make of a clause and of the one before. */
  #join(clauses: LuceneClause[], conjunction: Conjunction, modifier: Modifier, node: LuceneNode): void {
    const byAnd = this.#options.defaultOperator === 'and';
    const last = clauses.at(-1);
    if (last !== undefined && last.occur !== 'must_not') {
      if (conjunction === 'and') clauses[clauses.length - 1] = { occur: 'must', node: last.node };
      if (conjunction === 'or' && byAnd) clauses[clauses.length - 1] = { occur: 'should', node: last.node };
    }
    if (modifier === 'prohibited') clauses.push({ occur: 'must_not', node });
    else {
      const required = byAnd ? conjunction !== 'or' : modifier === 'required' || conjunction === 'and';
      clauses.push({ occur: required ? 'must' : 'should', node });
    }
  }

  #conjunction(): Conjunction {
    if (this.#operator('AND') || this.#operator('&&')) return 'and';
    return this.#operator('OR') || this.#operator('||') ? 'or' : undefined;
  }

  #modifier(): Modifier {
    if (this.#operator('NOT')) return 'prohibited';
    const sign = this.#in.next;
    if (sign !== '+' && sign !== '-' && sign !== '!') return undefined;
    // A plus or minus that stands alone is no operator (Lucene's BAREOPER), but a word without a token.
    if (sign !== '!' && this.#in.spaceAt(this.#in.position + 1)) return undefined;
    this.#in.position++;
    this.#in.skipSpace();
    return sign === '+' ? 'required' : 'prohibited';
  }

  /** Takes an operator that is a word of its own. */
  #operator(name: string): boolean {
    const start = this.#in.position;
    if (!this.#in.startsWith(name)) return false;
    if (this.#in.word().raw === name) {
      this.#in.skipSpace();
      return true;
    }
    this.#in.position = start;
    return false;
  }

  #clause(field: string | undefined, depth: number): LuceneNode | undefined {
    const position = this.#in.position;
    if (this.#in.next === '(') return this.#group(field, depth);
    const value = this.#special();
    if (value !== undefined) return this.#leaf(value, field, position);
    const word = this.#clauseWord(position);
    this.#in.skipSpace();
    if (this.#in.next === ':') return this.#fielded(word, depth);
    this.#in.position = word.position + word.raw.length;
    return this.#word(word, field);
  }

  /** A word where a clause must stand: no operator, and no second sign before it. */
  #clauseWord(position: number): Word {
    const word = this.#in.word();
    if (word.raw === '') throw this.#unexpected(position);
    const sign = /^[+-]./.test(word.raw);
    if (sign || OPERATORS.has(word.raw)) {
      throw this.#in.fail(`unexpected '${sign ? word.raw[0] : word.raw}', a clause is missing`, position);
    }
    return word;
  }

  #unexpected(position: number): Error {
    if (this.#in.atEnd || this.#in.next === ')') return this.#in.fail('a clause is missing', position);
    return this.#in.fail(`unexpected '${this.#in.next}' (write \\${this.#in.next} for the character itself)`, position);
  }

  /** What follows `field:`: a word, a phrase, a range, or a group whose clauses all have that field. */
  #fielded(name: Word, depth: number): LuceneNode | undefined {
    this.#in.position++;
    this.#in.skipSpace();
    const position = this.#in.position;
    if (this.#in.next === '(') return this.#group(name.text, depth);
    const value = this.#special();
    if (value !== undefined) return this.#leaf(value, name.text, position);
    return this.#word(this.#clauseWord(position), name.text);
  }

  #group(field: string | undefined, depth: number): LuceneNode | undefined {
    const open = this.#in.position++;
    const node = this.#clauses(field, depth + 1);
    if (!this.#in.take(')')) throw this.#in.fail("the '(' is not closed", open);
    const boost = this.#boost() ?? 1;
    return node === undefined || boost === 1 ? node : { ...node, boost: node.boost * boost };
  }

  /** A phrase, a regular expression or a range; undefined when a word comes next. */
  #special(): LuceneValue | undefined {
    if (this.#in.next === '"') return { type: 'phrase', text: this.#in.quoted(), slop: this.#slop() };
    if (this.#in.next === '/') return { type: 'regexp', text: this.#in.regexp() };
    return this.#in.next === '[' || this.#in.next === '{' ? this.#range() : undefined;
  }

  #slop(): number {
    if (!this.#in.take('~')) return 0;
    return Math.min(Math.floor(this.#in.number() ?? 0), 1_000_000);
  }

  #range(): LuceneValue {
    const open = this.#in.position;
    const includeLower = this.#in.next === '[';
    this.#in.position++;
    const lower = this.#in.bound();
    this.#in.skipSpace();
    if (this.#in.startsWith('TO') && this.#in.spaceAt(this.#in.position + 2)) this.#in.position += 2;
    const upper = this.#in.bound();
    this.#in.skipSpace();
    const includeUpper = this.#in.next === ']';
    if (!includeUpper && this.#in.next !== '}') throw this.#in.fail("the range is not closed by ']' or '}'", open);
    this.#in.position++;
    return {
      type: 'range',
      lower: lower === '*' ? undefined : lower,
      upper: upper === '*' ? undefined : upper,
      includeLower,
      includeUpper,
    };
  }

  #word(word: Word, field: string | undefined): LuceneNode {
    const comparison = field === undefined ? null : /^[<>]=?/.exec(word.raw);
    if (comparison !== null) return this.#comparison(word, field, comparison[0]);
    if (this.#in.take('~')) {
      const position = this.#in.position;
      const similarity = this.#in.number();
      if (similarity !== undefined && similarity > 1 && !Number.isInteger(similarity)) {
        throw this.#in.fail('fractional edit distances are not allowed', position);
      }
      return this.#leaf({ type: 'fuzzy', text: word.text, similarity }, field, word.position);
    }
    return this.#leaf(wordValue(word), field, word.position);
  }

  /** `field:>=value`, Elasticsearch's short form of a range with one end. */
  #comparison(word: Word, field: string | undefined, operator: string): LuceneNode {
    let value = word.text.slice(operator.length);
    if (value === '') {
      this.#in.skipSpace();
      value = this.#in.next === '"' ? this.#in.quoted() : this.#in.word().text;
    }
    if (value === '') throw this.#in.fail(`a value is missing after '${operator}'`);
    const include = operator.endsWith('=');
    const above = operator.startsWith('>');
    const range: LuceneValue = {
      type: 'range',
      lower: above ? value : undefined,
      upper: above ? undefined : value,
      includeLower: above && include,
      includeUpper: !above && include,
    };
    return this.#leaf(range, field, word.position);
  }

  #leaf(value: LuceneValue, field: string | undefined, position: number): LuceneNode {
    this.#options.onClause();
    const boost = this.#boost() ?? 1;
    // The slop or similarity may also stand behind the boost.
    const late = value.type === 'phrase' && value.slop === 0 ? { ...value, slop: this.#slop() } : value;
    return { ...late, field, boost, position };
  }

  #boost(): number | undefined {
    if (!this.#in.take('^')) return undefined;
    const boost = this.#in.number();
    if (boost === undefined) throw this.#in.fail("a number is missing after '^'");
    return boost;
  }
}

function wordValue(word: Word): LuceneValue {
  if (!word.wild) return { type: 'term', text: word.text };
  const stem = word.raw.slice(0, -1);
  const prefixOnly = word.raw.endsWith('*') && !/[*?]/.test(stem.replaceAll(/\\[^]/g, ''));
  return prefixOnly && stem !== '' && !endsWithEscape(stem)
    ? { type: 'prefix', text: word.text.slice(0, -1) }
    : { type: 'wildcard', text: word.raw };
}
