import type { Query } from '../fulltext/query.ts';
import { wordsFor } from './analysis.ts';
import type { ParseContext } from './context.ts';
import { SearchError } from './error.ts';
import { boolQuery, type FieldGroup, fieldGroups, overGroups, withBoost } from './fields.ts';
import { cut } from './json.ts';
import { searchLimits } from './limits.ts';
import type { LuceneGroup, LuceneLeaf, LuceneNode } from './lucene-nodes.ts';
import { parseLuceneSyntax } from './lucene-parser.ts';
import { rangeQuery } from './range.ts';
import { leniently, specialFieldQuery } from './special-fields.ts';

/** Parameters of `query_string` and of the URL's `q`; names in Elasticsearch are the same in snake case. */
export interface QueryStringOptions {
  /** `name^boost`; none means the default fields. */
  readonly fields?: readonly string[];
  readonly defaultOperator?: 'or' | 'and';
  readonly lenient?: boolean;
  readonly allowLeadingWildcard?: boolean;
  /** Edits of `word~` without a number. */
  readonly fuzziness?: 0 | 1 | 2 | 'auto';
  readonly phraseSlop?: number;
  readonly timeZone?: string;
  readonly minimumShouldMatch?: (optionalClauses: number) => number;
  readonly boost?: number;
  /** Levels of queries around this one. */
  readonly depth?: number;
}

/** Parses a query in Lucene syntax. Throws a SearchError with the position for bad syntax; an empty query matches nothing. */
export function parseQueryString(input: string, context: ParseContext, options: QueryStringOptions = {}): Query {
  if (input.length > searchLimits.queryLength) {
    const most = searchLimits.queryLength;
    throw new SearchError('query_shard_exception', `Query string length exceeds max allowed length ${most}`);
  }
  const node = parseLuceneSyntax(input, {
    defaultOperator: options.defaultOperator ?? 'or',
    depth: options.depth ?? 0,
    onClause: () => context.clause(),
  });
  if (node === undefined) return { kind: 'none' };
  const builder = new LuceneBuilder(input, context, options);
  return withBoost(builder.root(node), options.boost ?? 1);
}

class LuceneBuilder {
  readonly #input: string;
  readonly #context: ParseContext;
  readonly #options: QueryStringOptions;
  readonly #defaults: readonly FieldGroup[];

  constructor(input: string, context: ParseContext, options: QueryStringOptions) {
    this.#input = input;
    this.#context = context;
    this.#options = options;
    this.#defaults = fieldGroups(options.fields ?? []);
  }

  root(node: LuceneNode): Query {
    const query = this.#node(node) ?? { kind: 'none' };
    const minimum = this.#options.minimumShouldMatch;
    if (minimum === undefined || query.kind !== 'bool' || node.type !== 'group' || query.should.length === 0)
      return query;
    const wanted = minimum(query.should.length);
    return wanted > query.should.length ? { kind: 'none' } : { ...query, minimumShouldMatch: wanted };
  }

  /** Undefined for what holds no token: it neither matches nor excludes anything. */
  #node(node: LuceneNode): Query | undefined {
    return node.type === 'group' ? this.#group(node) : this.#leaf(node);
  }

  #group(group: LuceneGroup): Query | undefined {
    const parts: Record<'must' | 'should' | 'must_not', Query[]> = { must: [], should: [], must_not: [] };
    for (const { occur, node } of group.clauses) {
      const query = this.#node(node);
      if (query !== undefined) parts[occur].push(query);
    }
    const { must, should, must_not: mustNot } = parts;
    if (must.length + should.length + mustNot.length === 0) return undefined;
    // As in Elasticsearch, a group that only excludes is taken from all records.
    const filter: Query[] = must.length + should.length === 0 ? [{ kind: 'all' }] : [];
    return withBoost(boolQuery({ must, should, mustNot, filter }), group.boost);
  }

  #leaf(leaf: LuceneLeaf): Query | undefined {
    const { field } = leaf;
    if (
      (leaf.type === 'term' || leaf.type === 'phrase') &&
      wordsFor(field, leaf.text).length === 0 &&
      field !== '_exists_'
    )
      return undefined;
    const existence = this.#existence(leaf);
    if (existence !== undefined) return withBoost(existence, leaf.boost);
    const groups = field === undefined ? this.#defaults : fieldGroups([field.replaceAll('^', '')]);
    return overGroups(groups, leaf.boost, (fields) => this.#value(leaf, fields), this.#context);
  }

  /** `_exists_:f`, `f:*`, `*:*` and `*`. */
  #existence(leaf: LuceneLeaf): Query | undefined {
    if (leaf.field === '_exists_') {
      if (leaf.type !== 'term' && leaf.type !== 'phrase' && leaf.type !== 'wildcard' && leaf.type !== 'prefix') {
        throw this.#refused('_exists_ takes a field name', leaf);
      }
      return { kind: 'exists', field: leaf.type === 'prefix' ? `${leaf.text}*` : leaf.text };
    }
    if (leaf.type !== 'wildcard' || leaf.text !== '*') return undefined;
    const all =
      leaf.field === '*' || (leaf.field === undefined && this.#defaults.some(({ fields }) => fields.length === 0));
    if (all) return { kind: 'all' };
    if (leaf.field !== undefined) return { kind: 'exists', field: leaf.field };
    return overGroups(
      this.#defaults.flatMap(({ fields, boost }) => fields.map((field) => ({ fields: [field], boost }))),
      1,
      ([field]) => ({ kind: 'exists', field: field ?? '*' }),
      this.#context,
    );
  }

  #value(leaf: LuceneLeaf, fields: readonly string[]): Query {
    const lenient = this.#options.lenient ?? leaf.field === undefined;
    const special = { now: this.#context.now, timeZone: this.#options.timeZone, lenient };
    if (leaf.type === 'range') {
      for (let others = 1; others < fields.length; others++) this.#context.clause();
      return leniently(lenient, () => this.#range(leaf, fields));
    }
    const own = specialFieldQuery(fields, leaf.text, special);
    if (own !== undefined) return own;
    this.#checkLength(leaf);
    const { text } = leaf;
    const slop = leaf.type === 'phrase' ? leaf.slop || (this.#options.phraseSlop ?? 0) : 0;
    switch (leaf.type) {
      case 'term':
        return { kind: 'match', fields, text, operator: this.#options.defaultOperator ?? 'or' };
      case 'phrase':
        return { kind: 'phrase', fields, text, slop };
      case 'prefix':
        return { kind: 'prefix', fields, value: text };
      case 'wildcard':
        return { kind: 'wildcard', fields, value: text };
      case 'regexp':
        return { kind: 'regexp', fields, value: text };
      case 'fuzzy':
        return { kind: 'fuzzy', fields, value: text, distance: this.#distance(text, leaf.similarity) };
    }
  }

  #checkLength(leaf: Exclude<LuceneLeaf, { type: 'range' }>): void {
    if (leaf.type === 'regexp' && leaf.text.length > searchLimits.regexpLength) {
      throw this.#refused(`a regular expression may have ${searchLimits.regexpLength} characters at most`, leaf);
    }
    if (this.#options.allowLeadingWildcard === false && leaf.type === 'wildcard' && /^[*?]/.test(leaf.text)) {
      throw this.#refused("'*' or '?' not allowed as first character in WildcardQuery", leaf);
    }
  }

  #range(leaf: Extract<LuceneLeaf, { type: 'range' }>, fields: readonly string[]): Query {
    const { lower, upper, includeLower, includeUpper } = leaf;
    const bounds = {
      ...(lower !== undefined && { [includeLower ? 'gte' : 'gt']: lower }),
      ...(upper !== undefined && { [includeUpper ? 'lte' : 'lt']: upper }),
    };
    const options = { now: this.#context.now, boost: 1, timeZone: this.#options.timeZone };
    const over = fields.length === 0 ? ['*'] : fields;
    if (lower === undefined && upper === undefined) {
      return overGroups(
        over.map((field) => ({ fields: [field], boost: 1 })),
        1,
        ([field]) => ({ kind: 'exists', field: field! }),
        undefined,
      );
    }
    return overGroups(
      over.map((field) => ({ fields: [field], boost: 1 })),
      1,
      ([field]) => rangeQuery(field!, bounds, options),
      undefined,
    );
  }

  /** Edits; a number below 1 is Lucene's older share of the length. */
  #distance(text: string, similarity: number | undefined): 0 | 1 | 2 | 'auto' {
    if (similarity === undefined) return this.#options.fuzziness ?? 'auto';
    const edits = similarity >= 1 || similarity === 0 ? similarity : Math.floor((1 - similarity) * text.length);
    return edits >= 2 ? 2 : edits >= 1 ? 1 : 0;
  }

  #refused(reason: string, leaf: LuceneLeaf): SearchError {
    const message = `Failed to parse query [${cut(this.#input)}]: ${reason} at position ${leaf.position + 1}`;
    return new SearchError('query_shard_exception', message, 400, { position: leaf.position + 1 });
  }
}
