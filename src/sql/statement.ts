import { type Bounds, boundsOf } from './bounds.ts';
import { SqlError } from './errors.ts';
import { isObject, nodesOf, type SyntaxNode } from './syntax.ts';

/** What a query may look at, found out before it runs. */
export interface Statement {
  /** `SHOW TABLES`: answered from the catalog. */
  readonly listsTables: boolean;
  /** `DESCRIBE`: no record is needed. */
  readonly describes: boolean;
  /** `EXPLAIN` without ANALYZE: no record is needed either, but the files are. */
  readonly explains: boolean;
  /** Names as they are written, each once, with what bounds their records. */
  readonly tables: readonly TableReference[];
}

export interface TableReference {
  readonly name: string;
  readonly bounds: Bounds;
  /** A common table expression has this name too: where there is no such topic it is meant alone. */
  readonly optional: boolean;
}

/** Functions that may stand where a table stands. All others read files, settings or other people's data, or run text as SQL. */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
]);
/** Functions of single values that tell of the machine, or take in whole statements. */
const REFUSED_FUNCTIONS =
  /^(?:current_setting|getenv|getvariable|write_log|json_(?:de)?serialize_(?:sql|plan)|json_execute_serialized_sql|nextval|currval|read_\w+|pg_\w+|in_search_path|current_(?:database|schemas?|query|role|user)|txid_current|sleep\w*)$/;
const EXPLAIN = /^\s*explain\s+(analyze\s+)?(?!\()/i;

/** The statement without a leading EXPLAIN: only what is explained can be looked into. */
export function explained(sql: string): { readonly text: string; readonly explains: boolean } {
  const found = EXPLAIN.exec(sql);
  return {
    text: found === null ? sql : sql.slice(found[0].length),
    explains: found !== null && found[1] === undefined,
  };
}

/**
 * Reads what DuckDB's own parser made of a query (`json_serialize_sql`). Throws SqlError for everything that is not one SELECT over topics:
 * other statements, several, table functions that are not in the list, schemas and databases.
 */
export function readStatement(serialized: string, sql: string): Omit<Statement, 'explains'> {
  const parsed = JSON.parse(serialized) as SyntaxNode;
  if (parsed['error'] === true) throw new SqlError(refusal(parsed, sql));
  const statements = parsed['statements'] as readonly SyntaxNode[];
  if (statements.length !== 1) throw new SqlError('a query is one statement');
  const root = statements[0]!['node'] as SyntaxNode;
  const from = isObject(root['from_table']) ? root['from_table'] : {};
  if (from['type'] === 'SHOW_REF' && from['query'] === null) {
    if (from['table_name'] === '"tables"') return { listsTables: true, describes: false, tables: [] };
    throw new SqlError('of SHOW only SHOW TABLES is served');
  }
  for (const node of nodesOf(root)) checkNode(node);
  if (lambdaDepth(root) > MAX_LAMBDAS) throw new SqlError(`lambdas can be nested ${MAX_LAMBDAS} deep`);
  return { listsTables: false, describes: from['show_type'] === 'DESCRIBE', tables: tablesOf(root) };
}

/** Lambdas in lambdas: each doubles the time in which DuckDB plans a query, and nothing ends that but the end. */
const MAX_LAMBDAS = 10;

function lambdaDepth(root: unknown): number {
  const left: [unknown, number][] = [[root, 0]];
  let deepest = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [node, outside] = next;
    if (typeof node !== 'object' || node === null) continue;
    const depth = isObject(node) && node['class'] === 'LAMBDA' ? outside + 1 : outside;
    deepest = Math.max(deepest, depth);
    for (const child of Object.values(node)) left.push([child, depth]);
  }
  return deepest;
}

/** What DuckDB has views of by itself, and what it may take for a file. */
const TAKEN_NAMES = /^(?:duckdb_|pg_|pragma_|sqlite_)|[/\\]/;

/** A column of every topic has the name of a word of SQL. */
const BARE_OFFSET = /(?<!["\w])offset(?!["\w])/i;

function refusal(parsed: SyntaxNode, sql: string): string {
  const advice = BARE_OFFSET.test(sql) ? '; the column "offset" needs its double quotes' : '';
  if (parsed['error_type'] === 'parser')
    return `the query cannot be parsed: ${String(parsed['error_message'])}${advice}`;
  return 'only SELECT, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES and EXPLAIN of them are served';
}

function checkNode(node: SyntaxNode): void {
  const { type } = node;
  if (type === 'TABLE_FUNCTION') {
    const { function_name: name, schema } = node['function'] as SyntaxNode;
    const known = TABLE_FUNCTIONS.has(String(name).toLowerCase()) && schema === '';
    if (!known) throw new SqlError(`the table function ${String(name)} is not served`);
  }
  if (node['class'] === 'FUNCTION' && REFUSED_FUNCTIONS.test(String(node['function_name']).toLowerCase()))
    throw new SqlError(`the function ${String(node['function_name'])} is not served`);
  if (type === 'SHOW_REF' && node['query'] === null) throw new SqlError('SHOW stands alone');
  if (type === 'BASE_TABLE' && (node['schema_name'] !== '' || node['catalog_name'] !== ''))
    throw new SqlError(
      `there are no schemas: write the topic's name in double quotes, "${String(node['schema_name'])}.${String(node['table_name'])}"`,
    );
}

function tablesOf(root: SyntaxNode): TableReference[] {
  const nodes = [...nodesOf(root)];
  const expressions = new Set(
    nodes.flatMap(({ cte_map: ctes }) =>
      isObject(ctes) && Array.isArray(ctes['map']) ? (ctes['map'] as SyntaxNode[]).map(({ key }) => lower(key)) : [],
    ),
  );
  // Where the expression does not reach, the same name would mean that.
  for (const name of expressions)
    if (TAKEN_NAMES.test(name)) throw new SqlError(`no expression of WITH can be called '${name.slice(0, 300)}'`);
  const references = nodes.filter(({ type }) => type === 'BASE_TABLE');
  const bounded = new Map(
    nodes.flatMap((node) => {
      const from = node['from_table'];
      return isObject(from) && from['type'] === 'BASE_TABLE' ? [[from, boundsOf(node, from)] as const] : [];
    }),
  );
  const found = new Map<string, TableReference>();
  for (const node of references) {
    const name = String(node['table_name']);
    const twin = [...found.keys()].find((other) => other !== name && lower(other) === lower(name));
    if (twin !== undefined) throw new SqlError(`${twin} and ${name} differ in case only: SQL cannot tell them apart`);
    // Read once for all places that name it: a bound of one place is none.
    const bounds = found.has(name) ? {} : (bounded.get(node) ?? {});
    found.set(name, { name, bounds, optional: expressions.has(lower(name)) });
  }
  return [...found.values()];
}

function lower(name: unknown): string {
  return String(name).toLowerCase();
}
