import { isExactField } from './analyzer.ts';
import { EXPIRES_FIELD } from './live-index.ts';
import { compileWildcard, type WildcardPattern } from './wildcard.ts';
import type { SegmentView, ViewField } from './view.ts';

/** Fields of every record that are columns of the segment, not entries of its field table. */
export type RecordField = 'partition' | 'offset' | 'timestamp';

const recordFields: Readonly<Record<string, RecordField>> = {
  '@timestamp': 'timestamp',
  '_kafka.timestamp': 'timestamp',
  '_kafka.offset': 'offset',
  '_kafka.partition': 'partition',
};

/** The fields of one segment that a query means. */
export interface FieldSelection {
  /** Fields whose tokens are meant; a byte per field id. */
  readonly text: Uint8Array;
  /** Fields whose exact values are meant. */
  readonly keyword: Uint8Array;
  /** Fields whose numbers and dates are meant. */
  readonly numbers: readonly ViewField[];
  readonly record: readonly RecordField[];
}

const KEYWORD = '.keyword';

/** The field of the record itself that `name` is. */
export function recordField(name: string): RecordField | undefined {
  return Object.hasOwn(recordFields, name) ? recordFields[name] : undefined;
}

/** `name` without `.keyword`. */
export function baseName(name: string): string {
  return name.endsWith(KEYWORD) ? name.slice(0, -KEYWORD.length) : name;
}

/**
 * Finds the fields that a query names: exactly, with wildcards, or none for the default fields (all of the value, the key and the
 * headers). `NAME.keyword` is the exact value of NAME; fields that hold base64 have only that.
 */
export function selectFields(view: SegmentView, names: readonly string[]): FieldSelection {
  const text = new Uint8Array(fieldIds(view));
  const keyword = new Uint8Array(text.length);
  const numbers = new Set<ViewField>();
  const record = new Set<RecordField>();
  const take = (field: ViewField): void => {
    (isExactField(field.name) ? keyword : text)[field.id] = 1;
    numbers.add(field);
  };
  if (names.length === 0) for (const field of view.fields) if (isDefaultField(field.name)) take(field);
  for (const name of names) {
    const own = recordField(name);
    if (own !== undefined) record.add(own);
    const pattern = name.includes('*') ? compileWildcard(name) : undefined;
    const base = baseName(name);
    for (const field of view.fields) {
      if (pattern === undefined ? field.name === name : fits(field.name, pattern)) take(field);
      else if (base !== name && field.name === base) keyword[field.id] = 1;
    }
  }
  return { text, keyword, numbers: [...numbers], record: [...record] };
}

/** When a record expires is no field of it: only who names it asks for it. */
function fits(name: string, pattern: WildcardPattern): boolean {
  return name !== EXPIRES_FIELD && pattern.matches(name);
}

/** The fields of a segment that have this form, or lie below one that has; `everywhere` when every record has such a field. */
export function fieldsLike(
  view: SegmentView,
  form: string,
): { readonly everywhere: boolean; readonly fields: readonly ViewField[] } {
  const forms = [compileWildcard(form), compileWildcard(`${form}.*`)];
  const like = (name: string): boolean => forms.some((pattern) => fits(name, pattern));
  return { everywhere: Object.keys(recordFields).some(like), fields: view.fields.filter(({ name }) => like(name)) };
}

function fieldIds(view: SegmentView): number {
  return view.fields.reduce((most, { id }) => Math.max(most, id + 1), 0);
}

/** What a query without a field looks at. */
function isDefaultField(name: string): boolean {
  return name !== '_kafka.tombstone' && name !== EXPIRES_FIELD;
}

/** The exact values of `names`, whatever kind they are. */
export function selectExact(view: SegmentView, name: string): FieldSelection {
  const selected = selectFields(view, [name]);
  const keyword = selected.text.map((wanted, id) => wanted | selected.keyword[id]!);
  return { ...selected, text: new Uint8Array(keyword.length), keyword };
}
