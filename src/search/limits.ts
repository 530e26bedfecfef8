/** Bounds of what a request may ask. The names in brackets are Elasticsearch's settings with the same meaning and default. */
export const searchLimits = {
  /** Largest `from` + `size` (index.max_result_window). */
  resultWindow: 10_000,
  /** Queries inside queries, groups of the query syntax included (indices.query.bool.max_nested_depth). */
  depth: 30,
  /** Single queries in one request (indices.query.bool.max_clause_count). */
  clauses: 1024,
  /** Values of one `terms` or `ids` query (index.max_terms_count). */
  terms: 65_536,
  /** Characters of a query in Lucene or simple syntax (indices.query.query_string.max_query_string_length). */
  queryLength: 32_000,
  /** Characters of a regular expression (index.max_regex_length). */
  regexpLength: 1000,
  /** Characters of a wildcard pattern, a prefix, a fuzzy or an exact term. */
  termLength: 32_766,
  /** Fields of one query. */
  fields: 1024,
  /** Sort keys of one request. */
  sortKeys: 16,
  /** Searches of one `_msearch`. */
  searches: 1000,
  /** Parts of a topic expression. */
  topicExpressions: 1000,
  /** Partitions that one search may look at. */
  partitions: 100_000,
} as const;
