/**
 * A namespace as one string, the way that SQL catalogs of other engines keep it: levels joined by dots. A level with a dot could not be told
 * from two levels, so it is refused.
 */
export function namespaceKey(namespace: readonly string[]): string {
  if (namespace.length === 0) throw new RangeError('a namespace has at least one level');
  for (const level of namespace)
    if (level === '' || level.includes('.')) throw new RangeError(`'${level}' cannot be a level of a namespace`);
  return namespace.join('.');
}

/** The distinct children one level below `parent` of all known namespaces, in order. */
export function childrenOf(keys: Iterable<string>, parent: readonly string[]): string[][] {
  const prefix = parent.length === 0 ? '' : `${namespaceKey(parent)}.`;
  const levels = new Set<string>();
  for (const key of keys) if (key.startsWith(prefix)) levels.add(key.slice(prefix.length).split('.')[0] ?? '');
  return [...levels].sort().map((level) => [...parent, level]);
}
