import { topicConfig } from './topic-configs.ts';
import { InvalidValue, listElements } from './topic-configs-types.ts';
import { CatalogError } from './catalog-errors.ts';
import type { ConfigKind } from './topic-configs-types.ts';

/** One change of one config (KIP-339). `value` is text as the client sent it; append and subtract take lists. */
export type ConfigChange =
  | { readonly operation: 'set' | 'append' | 'subtract'; readonly name: string; readonly value: string | null }
  | { readonly operation: 'delete'; readonly name: string };

/** What a change needs to know of a config: its values, and the one that holds now. */
export interface ChangeContext {
  /** Undefined for a config that the resource does not have. */
  kindOf(name: string): ConfigKind | undefined;
  valueOf(name: string): string;
  /** The error for a config that the resource does not have; INVALID_CONFIG unless given. */
  readonly unknown?: 'INVALID_CONFIG' | 'INVALID_REQUEST';
  /** The error for a value that the config does not take; INVALID_CONFIG unless given. */
  readonly invalid?: 'INVALID_CONFIG' | 'INVALID_REQUEST';
}

/** The canonical text of `value` for the config; throws CatalogError. */
function canonical(
  name: string,
  kind: ConfigKind,
  value: string,
  code: 'INVALID_CONFIG' | 'INVALID_REQUEST' = 'INVALID_CONFIG',
): string {
  try {
    return kind.parse(value);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new CatalogError(code, `Invalid value ${value} for configuration ${name}: ${error.message}`);
  }
}

function changed(change: Exclude<ConfigChange, { operation: 'delete' }>, context: ChangeContext): string {
  const { name, operation, value } = change;
  if (value === null) throw new CatalogError('INVALID_REQUEST', `Null value not supported for : ${name}`);
  const kind = context.kindOf(name);
  if (kind === undefined) throw new CatalogError(context.unknown ?? 'INVALID_CONFIG', `Unknown config name: ${name}`);
  if (operation === 'set') return canonical(name, kind, value, context.invalid);
  if (kind.type !== 'list') {
    const verb = operation.toUpperCase();
    throw new CatalogError('INVALID_CONFIG', `Can't ${verb} to key ${name} because its type is not LIST.`);
  }
  const [old, given] = [listElements(context.valueOf(name)), listElements(value)];
  const elements = operation === 'append' ? [...old, ...given] : old.filter((element) => !given.includes(element));
  return canonical(name, kind, elements.join(','), context.invalid);
}

/** `values` after the changes. Throws CatalogError: nothing of a resource is changed then. */
export function applyChanges(
  values: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
  context: ChangeContext,
): Map<string, string> {
  if (new Set(changes.map((change) => change.name)).size < changes.length) {
    throw new CatalogError('INVALID_REQUEST', 'Error due to duplicate config keys');
  }
  const result = new Map(values);
  for (const change of changes) {
    if (change.operation === 'delete') result.delete(change.name);
    else result.set(change.name, changed(change, context));
  }
  return result;
}

/** The canonical overrides of a new topic; of a name given twice the last counts, as in Kafka. Throws CatalogError INVALID_CONFIG. */
export function newOverrides(
  given: readonly { readonly name: string; readonly value: string | null }[],
): Map<string, string> {
  const result = new Map<string, string>();
  for (const { name, value } of given) {
    const declared = topicConfig(name);
    if (declared === undefined) throw new CatalogError('INVALID_CONFIG', `Unknown topic config name: ${name}`);
    if (value === null) throw new CatalogError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`);
    result.set(name, canonical(name, declared.kind, value));
  }
  return result;
}
