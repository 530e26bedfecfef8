import type { TableIdentifier } from '../../lake/catalog.ts';
import type { RouteRequest } from '../route.ts';
import { badIceberg } from './answers.ts';
import { type Fields, fieldsOf, textOf, textsOf } from './bodies.ts';

/** Levels of a namespace in a path are joined by this (%1F). */
export const LEVELS = '\u001f';
/** What the tables of SQL catalogs have room for. */
const MAX_NAME = 255;

function checkNamespace(namespace: readonly string[]): readonly string[] {
  if (namespace.length === 0) throw badIceberg('a namespace has at least one level');
  // SQL catalogs join levels by dots.
  for (const level of namespace)
    if (level === '' || level.includes('.')) throw badIceberg(`'${level}' cannot be a level of a namespace`);
  if (namespace.join('.').length > MAX_NAME) throw badIceberg(`a namespace has at most ${MAX_NAME} characters`);
  return namespace;
}

function checkName(name: string): string {
  if (name.length > MAX_NAME) throw badIceberg(`the name of a table has at most ${MAX_NAME} characters`);
  return name;
}

/** The namespace that a path, or a parameter, names. Throws IcebergError. */
export function namespaceIn(text: string): readonly string[] {
  return checkNamespace(text.split(LEVELS));
}

/** The namespace of a request's path. */
export function namespaceOf({ params }: RouteRequest): readonly string[] {
  return namespaceIn(params['namespace'] ?? '');
}

/** The table of a request's path. */
export function tableOf(request: RouteRequest): TableIdentifier {
  return { namespace: namespaceOf(request), name: checkName(request.params['table'] ?? '') };
}

/** The namespace that a body names. */
export function namespaceField(fields: Fields): readonly string[] {
  return checkNamespace(textsOf(fields, 'namespace'));
}

/** The name of a table that a body gives. */
export function nameField(fields: Fields): string {
  return checkName(textOf(fields, 'name'));
}

/** The table that a field of a body names. */
export function identifierField(fields: Fields, name: string): TableIdentifier {
  const found = fieldsOf(fields[name], name);
  return { namespace: namespaceField(found), name: nameField(found) };
}
