import { parseJson } from '../../lake/iceberg/json.ts';
import { badIceberg } from './answers.ts';

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Throws IcebergError unless the value is a JSON object. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badIceberg(`${what} must be an object`);
  return value as Fields;
}

/** The body of a request, with 64-bit ids as they are. Throws IcebergError. */
export function bodyOf(bytes: Uint8Array): Fields {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.trim() === '') throw badIceberg('the request has no body');
  let body: unknown;
  try {
    body = parseJson(text);
  } catch (error) {
    throw badIceberg(`the body is not valid JSON: ${(error as Error).message}`);
  }
  return fieldsOf(body, 'the body');
}

/** A field that is a string with something in it. Throws IcebergError. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw badIceberg(`${name} must be a string`);
  return value;
}

/** A field that is an array; empty where it is missing. Throws IcebergError. */
export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw badIceberg(`${name} must be an array`);
  return value as readonly unknown[];
}

/** A field that is an array of strings; empty where it is missing. Throws IcebergError. */
export function textsOf(fields: Fields, name: string): readonly string[] {
  return listOf(fields, name).map((value) => {
    if (typeof value !== 'string') throw badIceberg(`${name} must be an array of strings`);
    return value;
  });
}

/** A field that has strings by name; empty where it is missing. Throws IcebergError. */
export function propertiesOf(fields: Fields, name: string): Readonly<Record<string, string>> {
  const found = fieldsOf(fields[name] ?? {}, name);
  for (const value of Object.values(found))
    if (typeof value !== 'string') throw badIceberg(`${name} must have strings as values`);
  return found as Readonly<Record<string, string>>;
}
