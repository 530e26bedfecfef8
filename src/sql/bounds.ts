import { isObject, type SyntaxNode } from './syntax.ts';

/** What the records that a query looks at have in common: inclusive, in ms for the timestamp. Missing: anything. */
export type Bounds = {
  readonly [column in BoundedColumn]?: { readonly min?: number; readonly max?: number };
} & {
  /** All of these hold, too. */
  readonly conditions?: readonly Condition[];
};

/** A column, its name in lower case, compared with constants: one of them holds. Strict comparisons are taken as wide ones. */
export interface Condition {
  readonly column: string;
  readonly comparison: '=' | '<=' | '>=';
  readonly constants: readonly Constant[];
}

/** A constant as it is written: a text may be cast to the type `cast`. */
export type Constant = number | boolean | { readonly text: string; readonly cast: string };

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
const ZONE_OFFSET = /[+-]\d\d(?::\d\d)?$/;
const TIME_TYPES: ReadonlySet<string> = new Set(['', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_TZ']);

type Found = (column: string, comparison: string, constants: readonly Constant[]) => void;

/**
 * The bounds that the WHERE of a SELECT over one table sets, from comparisons with constants that are joined by AND. Everything else bounds
 * nothing: a bound only saves reading, DuckDB evaluates the whole condition again.
 */
export function boundsOf(select: SyntaxNode, table: SyntaxNode): Bounds {
  const renamed = (table['column_name_alias'] as readonly unknown[] | undefined)?.length !== 0;
  // A sample is drawn before the condition holds.
  if (renamed || isObject(table['sample']) || isObject(select['sample'])) return {};
  const bounds: Record<string, { min?: number; max?: number }> = {};
  const conditions: Condition[] = [];
  const alias = String(table['alias'] === '' ? table['table_name'] : table['alias']);
  visit(select['where_clause'], alias, (column, comparison, constants) => {
    if (!COLUMNS.has(column)) {
      conditions.push({ column, comparison: wide(comparison), constants });
      return;
    }
    const values = constants.map((constant) => (column === 'timestamp' ? timeOf(constant) : integerOf(constant)));
    if (!values.every((value) => value !== undefined)) return;
    if (values.length > 1) conditions.push({ column, comparison: '=', constants });
    const bound = (bounds[column] ??= {});
    // Timestamps are finer than the milliseconds of a bound: theirs are never too narrow.
    const step = column !== 'timestamp' && comparison.endsWith('THAN') ? 1 : 0;
    if (!comparison.startsWith('COMPARE_LESS'))
      bound.min = Math.max(bound.min ?? -Infinity, Math.floor(Math.min(...values)) + step);
    if (!comparison.startsWith('COMPARE_GREATER'))
      bound.max = Math.min(bound.max ?? Infinity, Math.ceil(Math.max(...values)) - step);
  });
  return conditions.length === 0 ? bounds : { ...bounds, conditions };
}

function visit(node: unknown, alias: string, found: Found): void {
  if (!isObject(node)) return;
  if (node['type'] === 'CONJUNCTION_AND') {
    for (const child of node['children'] as readonly unknown[]) visit(child, alias, found);
    return;
  }
  const compare = (reference: unknown, comparison: string, constants: readonly unknown[]): void => {
    const column = columnOf(reference, alias);
    const values = constants.map(constantOf);
    if (column !== undefined && values.every((value) => value !== undefined)) found(column, comparison, values);
  };
  if (node['type'] === 'COLUMN_REF') {
    const column = columnOf(node, alias);
    if (column !== undefined) found(column, 'COMPARE_EQUAL', [true]);
  } else if (node['type'] === 'COMPARE_IN') {
    const [reference, ...constants] = node['children'] as readonly unknown[];
    compare(reference, 'COMPARE_EQUAL', constants);
  } else if (node['type'] === 'COMPARE_BETWEEN') {
    compare(node['input'], 'COMPARE_GREATERTHANOREQUALTO', [node['lower']]);
    compare(node['input'], 'COMPARE_LESSTHANOREQUALTO', [node['upper']]);
  } else if (node['class'] === 'COMPARISON') {
    const mirrored = MIRRORED[String(node['type'])];
    if (mirrored === undefined) return;
    compare(node['left'], String(node['type']), [node['right']]);
    compare(node['right'], mirrored, [node['left']]);
  }
}

function wide(comparison: string): Condition['comparison'] {
  if (comparison.startsWith('COMPARE_LESS')) return '<=';
  return comparison.startsWith('COMPARE_GREATER') ? '>=' : '=';
}

/** The name of a column of the table that is called `alias`. */
function columnOf(node: unknown, alias: string): string | undefined {
  if (!isObject(node) || node['class'] !== 'COLUMN_REF') return undefined;
  const names = node['column_names'] as readonly string[];
  const ours = names.length === 1 || (names.length === 2 && names[0] === alias);
  return ours ? names.at(-1)?.toLowerCase() : undefined;
}

function constantOf(node: unknown): Constant | undefined {
  if (!isObject(node)) return undefined;
  if (node['class'] === 'CAST') {
    const inner = constantOf(node['child']);
    const cast = isObject(node['cast_type']) ? String(node['cast_type']['id']) : '';
    if (typeof inner !== 'object' || inner.cast !== '' || cast === '') return undefined;
    // That is how TRUE and FALSE are written.
    if (cast === 'BOOLEAN') return /^[tf]$/.test(inner.text) ? inner.text === 't' : undefined;
    return { text: inner.text, cast };
  }
  if (node['class'] !== 'CONSTANT' || !isObject(node['value']) || node['value']['is_null'] !== false) return undefined;
  const { value, type } = node['value'];
  if (typeof value === 'string') return { text: value, cast: '' };
  if (typeof value !== 'number' || !isObject(type)) return undefined;
  if (type['id'] !== 'DECIMAL') return value;
  const info = type['type_info'];
  return isObject(info) && Number.isSafeInteger(value) ? value / 10 ** Number(info['scale']) : undefined;
}

function integerOf(constant: Constant): number | undefined {
  return typeof constant === 'number' && Number.isSafeInteger(constant) ? constant : undefined;
}

/** Milliseconds of a text, also of one that is cast to a timestamp; undefined for what is no time for sure. */
export function timeOf(constant: Constant): number | undefined {
  if (typeof constant !== 'object' || !TIME_TYPES.has(constant.cast) || !TIME.test(constant.text)) return undefined;
  const { text, cast } = constant;
  // A TIMESTAMP without a zone ignores one in the text: only texts that mean the same both ways are taken there.
  if (cast !== '' && ZONE_OFFSET.test(text.slice(10))) return undefined;
  const zoned = /(?:Z|[+-]\d\d(?::\d\d)?)$/.test(text.slice(10));
  const time = text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}${zoned ? '' : 'Z'}`;
  const milliseconds = Date.parse(time.replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(milliseconds) ? undefined : milliseconds + (/\.\d{4,}/.test(time) ? 0.5 : 0);
}
