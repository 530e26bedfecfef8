/** Kinds of stores that keep objects in classes, each with names of its own. */
export type ClassfulStore = 's3' | 'gs' | 'az';

/** Classes whose objects have to be asked for hours before they can be read. */
const ARCHIVES: Readonly<Record<ClassfulStore, readonly string[]>> = {
  s3: ['GLACIER', 'DEEP_ARCHIVE'],
  gs: [],
  az: ['Archive'],
};

/** The classes that there are; S3 is spoken by servers with classes of their own. */
const KNOWN: Readonly<Partial<Record<ClassfulStore, readonly string[]>>> = {
  gs: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
  az: ['Hot', 'Cool', 'Cold'],
};

/** The kind of the store that a URL names; undefined for one without classes. */
export function classfulStore(url: string): ClassfulStore | undefined {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')));
  return scheme === 's3' || scheme === 'gs' || scheme === 'az' ? scheme : undefined;
}

/** Why no store can have its objects in a class, by the name alone; undefined when one may. */
export function wrongClass(name: string): string | undefined {
  if (Object.values(ARCHIVES).some((names) => names.includes(name))) return archived(name);
  return /^\w[\w-]{0,62}$/.test(name) ? undefined : `'${name.slice(0, 100)}' is no storage class`;
}

/** Why objects of a store cannot be moved to a class; undefined when they can. */
export function refusedClass(store: ClassfulStore, name: string): string | undefined {
  const known = KNOWN[store];
  if (ARCHIVES[store].includes(name)) return archived(name);
  if (known === undefined || known.includes(name)) return wrongClass(name);
  return `the store has no class '${name.slice(0, 100)}': it has ${known.join(', ')}`;
}

const archived = (name: string): string =>
  `objects of the class ${name} cannot be read at once: they would have to be restored first, which takes hours`;
