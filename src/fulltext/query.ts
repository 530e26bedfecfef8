/** A value to compare exactly. */
export type QueryValue = string | number | boolean;

/**
 * What full text can be asked; the front ends (Lucene syntax, query DSL) parse into this. Plain data: it crosses threads.
 * `fields: []` means the default fields: the value's fields, the key and the headers. A field may end in `*`.
 * A field `NAME.keyword` is the exact value of NAME.
 */
export type Query =
  | { readonly kind: 'all'; readonly boost?: number }
  | { readonly kind: 'none' }
  /** Analyzed text; the tokens joined by `operator`. */
  | {
      readonly kind: 'match';
      readonly fields: readonly string[];
      readonly text: string;
      readonly operator: 'or' | 'and';
      /** How many tokens must match, when `operator` is 'or'. */
      readonly minimumShouldMatch?: number;
      readonly boost?: number;
    }
  | {
      readonly kind: 'phrase';
      readonly fields: readonly string[];
      readonly text: string;
      readonly slop: number;
      /** The last token is a prefix. */
      readonly prefix?: boolean;
      readonly boost?: number;
    }
  /** Exact values: any of them. */
  | { readonly kind: 'term'; readonly field: string; readonly values: readonly QueryValue[]; readonly boost?: number }
  | { readonly kind: 'prefix'; readonly fields: readonly string[]; readonly value: string; readonly boost?: number }
  /** `*` and `?`. */
  | { readonly kind: 'wildcard'; readonly fields: readonly string[]; readonly value: string; readonly boost?: number }
  | { readonly kind: 'regexp'; readonly fields: readonly string[]; readonly value: string; readonly boost?: number }
  | {
      readonly kind: 'fuzzy';
      readonly fields: readonly string[];
      readonly value: string;
      readonly distance: 0 | 1 | 2 | 'auto';
      readonly boost?: number;
    }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly gt?: QueryValue;
      readonly gte?: QueryValue;
      readonly lt?: QueryValue;
      readonly lte?: QueryValue;
      readonly boost?: number;
    }
  | { readonly kind: 'exists'; readonly field: string; readonly boost?: number }
  | {
      readonly kind: 'bool';
      readonly must: readonly Query[];
      readonly should: readonly Query[];
      readonly mustNot: readonly Query[];
      /** Must match, without a part in the score. */
      readonly filter: readonly Query[];
      readonly minimumShouldMatch?: number;
      readonly boost?: number;
    }
  /** Any of the queries; the best one's score counts, not the sum. */
  | { readonly kind: 'best'; readonly queries: readonly Query[]; readonly boost?: number };

/** How hits are ordered. Ties are broken by topic, partition, offset. */
export type SortKey = { readonly by: 'score' | 'timestamp' | 'offset'; readonly descending: boolean };

/** The offsets of one partition that a search may see: [from, to). */
export interface VisibleRange {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A search over partitions, as sent to the thread that holds the indexes. */
export interface TextSearch {
  readonly query: Query;
  readonly ranges: readonly VisibleRange[];
  /** Sealed segments to read, chosen from a registry snapshot: nothing that they hold is also counted from memory. */
  readonly segments: readonly {
    readonly topicId: string;
    readonly partition: number;
    readonly baseOffset: number;
    readonly lastOffset: number;
    /** Of two segments that hold an offset the one of the higher generation counts. */
    readonly generation: number;
    readonly objectKey: string;
    readonly position: number;
    readonly length: number;
  }[];
  readonly sort: readonly SortKey[];
  /** Hits wanted (from + size); 0 counts only. */
  readonly limit: number;
  readonly timeoutMs: number;
}

export interface TextHit {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly score: number;
}

export interface TextSearchResult {
  readonly total: number;
  /** False when something could not be looked at (time-out, lagging index): then `total` is a lower bound. */
  readonly exact: boolean;
  readonly timedOut: boolean;
  readonly maxScore: number | null;
  readonly hits: readonly TextHit[];
  /** Segments that failed to read, with the reason. */
  readonly failures: readonly { readonly objectKey: string; readonly reason: string }[];
}

/** What `search` asks; implemented beside the index worker (`fulltext`), over messages or directly. */
export interface TextSearcher {
  /** Resolves when every topic that was told of so far has been taken up: right after a start that may take seconds. */
  ready(): Promise<void>;
  search(request: TextSearch, signal?: AbortSignal): Promise<TextSearchResult>;
  /** Offsets per partition below which every record is in a text index (memory or sealed). */
  indexedUpTo(topicId: string, partition: number): number;
}
