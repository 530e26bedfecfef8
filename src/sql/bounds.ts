import { isObject, type SyntaxNode } from './syntax.ts';

/** What the records that a query looks at have in common: inclusive, in ms for the timestamp. Missing: anything. */
export type Bounds = {
  readonly [column in BoundedColumn]?: { readonly min?: number; readonly max?: number };
};

type BoundedColumn = 'partition' | 'offset' | 'timestamp';

const COLUMNS: ReadonlySet<string> = new Set<BoundedColumn>(['partition', 'offset', 'timestamp']);
/** What `a < b` is as `b … a`. */
const MIRRORED: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'COMPARE_EQUAL',
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHAN',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHAN',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHANOREQUALTO',
};
/** With a zone, or a bare date or time, which is UTC as in every session. */
const TIME = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::\d\d)?)?$/;

/**
 * The bounds that the WHERE of a SELECT over one table sets, from comparisons with constants that are joined by AND. Everything else bounds
 * nothing: a bound only saves reading, DuckDB evaluates the whole condition again.
 */
export function boundsOf(select: SyntaxNode, table: SyntaxNode): Bounds {
  const renamed = (table['column_name_alias'] as readonly unknown[] | undefined)?.length !== 0;
  // A sample is drawn before the condition holds.
  if (renamed || isObject(table['sample']) || isObject(select['sample'])) return {};
  const alias = table['alias'] === '' ? table['table_name'] : table['alias'];
  const bounds: Record<string, { min?: number; max?: number }> = {};
  visit(select['where_clause'], (column, comparison, value) => {
    const bound = (bounds[column] ??= {});
    // Timestamps are finer than the milliseconds of a bound: theirs are never too narrow.
    const step = column !== 'timestamp' && comparison.endsWith('THAN') ? 1 : 0;
    if (!comparison.startsWith('COMPARE_LESS')) bound.min = Math.max(bound.min ?? -Infinity, Math.floor(value) + step);
    if (!comparison.startsWith('COMPARE_GREATER')) bound.max = Math.min(bound.max ?? Infinity, Math.ceil(value) - step);
  });
  return bounds;

  function visit(node: unknown, found: (column: string, comparison: string, value: number) => void): void {
    if (!isObject(node)) return;
    if (node['type'] === 'CONJUNCTION_AND') {
      for (const child of node['children'] as readonly unknown[]) visit(child, found);
      return;
    }
    if (node['class'] === 'BETWEEN' && node['type'] === 'COMPARE_BETWEEN') {
      compare(node['input'], 'COMPARE_GREATERTHANOREQUALTO', node['lower'], found);
      compare(node['input'], 'COMPARE_LESSTHANOREQUALTO', node['upper'], found);
      return;
    }
    const mirrored = node['class'] === 'COMPARISON' ? MIRRORED[String(node['type'])] : undefined;
    if (mirrored === undefined) return;
    compare(node['left'], String(node['type']), node['right'], found);
    compare(node['right'], mirrored, node['left'], found);
  }

  function compare(
    reference: unknown,
    comparison: string,
    constant: unknown,
    found: (column: string, comparison: string, value: number) => void,
  ): void {
    if (!isObject(reference) || reference['class'] !== 'COLUMN_REF') return;
    const names = reference['column_names'] as readonly string[];
    const column = names.at(-1)?.toLowerCase() ?? '';
    const ours = names.length === 1 || (names.length === 2 && names[0] === alias);
    if (!ours || !COLUMNS.has(column)) return;
    const value = column === 'timestamp' ? timeOf(constant) : integerOf(constant);
    if (value !== undefined) found(column, comparison, value);
  }
}

function integerOf(node: unknown): number | undefined {
  const value = constantOf(node);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** Milliseconds of a text, also of one that is cast to a timestamp or date. */
function timeOf(node: unknown): number | undefined {
  const cast = isObject(node) && node['class'] === 'CAST' ? node : undefined;
  if (cast !== undefined) {
    const type = isObject(cast['cast_type']) ? String(cast['cast_type']['id']) : '';
    if (!['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_TZ'].includes(type)) return undefined;
  }
  const text = constantOf(cast === undefined ? node : cast['child']);
  // A TIMESTAMP without a zone ignores one in the text: only texts that mean the same both ways are taken there.
  if (typeof text !== 'string' || !TIME.test(text)) return undefined;
  if (cast !== undefined && /[+-]\d\d(?::\d\d)?$/.test(text.slice(10))) return undefined;
  const zoned = /(?:Z|[+-]\d\d(?::\d\d)?)$/.test(text.slice(10));
  const time = text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}${zoned ? '' : 'Z'}`;
  const milliseconds = Date.parse(time.replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(milliseconds) ? undefined : milliseconds + (/\.\d{4,}/.test(time) ? 0.5 : 0);
}

function constantOf(node: unknown): unknown {
  if (!isObject(node) || node['class'] !== 'CONSTANT' || !isObject(node['value'])) return undefined;
  return node['value']['is_null'] === false ? node['value']['value'] : undefined;
}
