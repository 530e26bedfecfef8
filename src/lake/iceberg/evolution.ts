import type { IcebergType, NestedField, Schema, StructType } from '../schema.ts';

/** A change of schema that the spec's rules of evolution do not allow; the message says which and why. */
export class SchemaRefusedByRules extends Error {
  override readonly name = 'SchemaRefusedByRules';
}

/** All fields of a schema by id, those of structs, lists and maps too, with their full names. */
export function fieldsById(schema: StructType): Map<number, { readonly path: string; readonly field: NestedField }> {
  const found = new Map<number, { path: string; field: NestedField }>();
  const add = (field: NestedField, prefix: string): void => {
    const path = prefix + field.name;
    if (found.has(field.id)) throw new SchemaRefusedByRules(`field id ${field.id} is used twice (${path})`);
    found.set(field.id, { path, field });
    visit(field.type, `${path}.`);
  };
  const visit = (type: IcebergType, prefix: string): void => {
    if (typeof type === 'string') return;
    if (type.type === 'struct') for (const field of type.fields) add(field, prefix);
    else if (type.type === 'list')
      add({ id: type['element-id'], name: 'element', required: type['element-required'], type: type.element }, prefix);
    else {
      add({ id: type['key-id'], name: 'key', required: true, type: type.key }, prefix);
      add({ id: type['value-id'], name: 'value', required: type['value-required'], type: type.value }, prefix);
    }
  };
  visit({ type: 'struct', fields: schema.fields }, '');
  return found;
}

/** The highest field id of a schema; 0 for an empty one. */
export function highestId(schema: StructType): number {
  return [...fieldsById(schema).keys()].reduce((highest, id) => Math.max(highest, id), 0);
}

const DECIMAL = /^decimal\((\d+),\s*(\d+)\)$/;

/** Whether files written as `from` may be read as `to`: equal, int → long, float → double, a decimal with more digits. */
export function mayWiden(from: string, to: string): boolean {
  if (from === to) return true;
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true;
  const [old, wide] = [DECIMAL.exec(from), DECIMAL.exec(to)];
  return old !== null && wide !== null && old[2] === wide[2] && Number(wide[1]) >= Number(old[1]);
}

const kindOf = (type: IcebergType): string => (typeof type === 'string' ? type : type.type);

function checkNames(type: StructType, path: string): void {
  const names = new Set<string>();
  for (const field of type.fields) {
    if (field.name === '') throw new SchemaRefusedByRules(`a field of ${path} has no name`);
    if (names.has(field.name)) throw new SchemaRefusedByRules(`two fields of ${path} are named '${field.name}'`);
    names.add(field.name);
  }
}

/** Names are unique in every struct, ids in the whole schema, identifier fields exist and are required. */
export function checkSchema(schema: Schema): void {
  checkNames(schema, 'the schema');
  const fields = fieldsById(schema);
  for (const { path, field } of fields.values())
    if (typeof field.type !== 'string' && field.type.type === 'struct') checkNames(field.type, path);
  for (const id of schema['identifier-field-ids'] ?? [])
    if (fields.get(id)?.field.required !== true)
      throw new SchemaRefusedByRules(`identifier field ${id} is not a required field of the schema`);
}

/** Throws SchemaRefusedByRules unless every file written under `from` can be read under `to`. `lastId` is the table's last-column-id. */
export function checkEvolution(from: Schema, to: Schema, lastId: number): void {
  checkSchema(to);
  const before = fieldsById(from);
  const insideNew = idsInsideNew(to, before);
  for (const [id, { path, field }] of fieldsById(to)) {
    const old = before.get(id)?.field;
    if (old === undefined) {
      // A lower id belonged to a column that was dropped: its data would appear again under the new name.
      if (id <= lastId)
        throw new SchemaRefusedByRules(`new field ${path} has id ${id}, which was given before (last: ${lastId})`);
      if (field.required && !insideNew.has(id))
        throw new SchemaRefusedByRules(`new field ${path} is required, but the files that are there do not have it`);
      continue;
    }
    if (field.required && !old.required)
      throw new SchemaRefusedByRules(`field ${path} cannot become required: files that are there may hold nulls`);
    const [was, is] = [kindOf(old.type), kindOf(field.type)];
    if (!mayWiden(was, is)) throw new SchemaRefusedByRules(`field ${path} cannot change from ${was} to ${is}`);
  }
}

/** Fields that lie in a struct, list or map that is itself new: then no file has their parent either. */
function idsInsideNew(schema: StructType, before: ReadonlyMap<number, unknown>): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { field } of fieldsById(schema).values()) {
    if (before.has(field.id) || found.has(field.id) || typeof field.type === 'string') continue;
    for (const id of fieldsById({ type: 'struct', fields: [field] }).keys()) if (id !== field.id) found.add(id);
  }
  return found;
}
