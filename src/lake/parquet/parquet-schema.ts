import type { SchemaElement } from './parquet-types.ts';
import type { IcebergType, NestedField, PrimitiveType, Schema } from '../schema.ts';

type Shape = Omit<SchemaElement, 'name' | 'repetition_type' | 'field_id'>;

/** Primitive types as Iceberg's spec maps them to Parquet (appendix A). */
function shapeOf(type: PrimitiveType): Shape {
  switch (type) {
    case 'boolean':
      return { type: 'BOOLEAN' };
    case 'int':
      return { type: 'INT32' };
    case 'long':
      return { type: 'INT64' };
    case 'float':
      return { type: 'FLOAT' };
    case 'double':
      return { type: 'DOUBLE' };
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'timestamptz':
    case 'timestamp':
      return {
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type === 'timestamptz', unit: 'MICROS' },
      };
    case 'string':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'binary':
      return { type: 'BYTE_ARRAY' };
    default:
      throw new Error(`columns of type ${type} are not written`);
  }
}

/** The schema of a Parquet file for a table's schema, with the field ids by which Iceberg finds columns. */
export function parquetSchema(schema: Schema): SchemaElement[] {
  return [{ name: 'table', num_children: schema.fields.length }, ...schema.fields.flatMap(fieldElements)];
}

function fieldElements(field: NestedField): SchemaElement[] {
  return elements(field.type, {
    name: field.name,
    field_id: field.id,
    repetition_type: field.required ? 'REQUIRED' : 'OPTIONAL',
  });
}

function elements(type: IcebergType, named: SchemaElement): SchemaElement[] {
  if (typeof type === 'string') return [{ ...named, ...shapeOf(type) }];
  if (type.type === 'struct')
    return [{ ...named, num_children: type.fields.length }, ...type.fields.flatMap(fieldElements)];
  if (type.type === 'map') throw new Error('columns of type map are not written');
  const element = elements(type.element, {
    name: 'element',
    field_id: type['element-id'],
    repetition_type: type['element-required'] ? 'REQUIRED' : 'OPTIONAL',
  });
  const list: SchemaElement = { ...named, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } };
  return [list, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, ...element];
}
