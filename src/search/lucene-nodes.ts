/** A query in Lucene syntax, parsed; `field` is undefined for the default fields. */
export type LuceneNode = LuceneLeaf | LuceneGroup;

export interface LuceneGroup {
  readonly type: 'group';
  readonly clauses: readonly LuceneClause[];
  readonly boost: number;
}

export interface LuceneClause {
  readonly occur: 'must' | 'should' | 'must_not';
  readonly node: LuceneNode;
}

export type LuceneLeaf = {
  readonly field: string | undefined;
  readonly boost: number;
  /** Where it begins in the query, from 0. */
  readonly position: number;
} & LuceneValue;

export type LuceneValue =
  | { readonly type: 'term'; readonly text: string }
  | { readonly type: 'phrase'; readonly text: string; readonly slop: number }
  /** `similarity` as written after `~`: edits, or below 1 the share that must be equal. */
  | { readonly type: 'fuzzy'; readonly text: string; readonly similarity: number | undefined }
  /** `*` and `?`, with a backslash before those that stand for themselves. */
  | { readonly type: 'wildcard'; readonly text: string }
  | { readonly type: 'prefix'; readonly text: string }
  | { readonly type: 'regexp'; readonly text: string }
  | {
      readonly type: 'range';
      readonly lower: string | undefined;
      readonly upper: string | undefined;
      readonly includeLower: boolean;
      readonly includeUpper: boolean;
    };
