import type { FieldInfo, FieldType } from '../search/sampled-fields.ts';

/** A string: analyzed text, and the exact value up to 256 bytes. */
const STRING = { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } } as const;

/** Fields that every record has (`docs/search.md`). */
const RECORD_FIELDS = {
  '@timestamp': { type: 'date' },
  _kafka: {
    properties: {
      partition: { type: 'integer' },
      offset: { type: 'long' },
      timestamp: { type: 'date' },
      key: STRING,
      tombstone: { type: 'boolean' },
      headers: { type: 'object' },
    },
  },
} as const;

interface Properties {
  [name: string]: { type?: string; fields?: object; properties?: Properties };
}

/** A mapping as Elasticsearch shows it, of the fields that records have. */
export function mappingOf(fields: readonly FieldInfo[]): object {
  const properties: Properties = {};
  for (const { name, types } of fields) {
    if (name === '@timestamp' || name === '_kafka' || name.startsWith('_kafka.')) continue;
    place(properties, partsOf(name), propertyOf(types));
  }
  return { properties: { ...RECORD_FIELDS, ...properties } };
}

/** The names of the levels of a dotted name; one with dots that part nothing is a name as it stands. */
function partsOf(name: string): readonly string[] {
  const parts = name.split('.');
  return parts.includes('') ? [name] : parts;
}

/** Puts a field below its parents. A name that is both a value and an object shows both. */
function place(root: Properties, path: readonly string[], property: Properties[string]): void {
  let level = root;
  for (const part of path.slice(0, -1)) {
    const parent = Object.hasOwn(level, part) ? level[part]! : {};
    define(level, part, parent);
    parent.properties ??= {};
    level = parent.properties;
  }
  const last = path.at(-1)!;
  define(level, last, { ...(Object.hasOwn(level, last) ? level[last] : {}), ...property });
}

/** Sets an own property whatever its name is. */
function define(level: Properties, name: string, value: Properties[string]): void {
  Object.defineProperty(level, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The type that a mapping shows of several: the one that takes all of the values. */
const WIDEST: readonly FieldType[] = ['text', 'date', 'double', 'long', 'boolean'];

function propertyOf(types: readonly FieldType[]): { type: string; fields?: object } {
  const widest = WIDEST.find((type) => types.includes(type)) ?? 'text';
  // A date and a number beside each other are words at best.
  const mixed = widest === 'date' && types.length > 1;
  return widest === 'text' || mixed ? STRING : { type: widest };
}

const RECORD_CAPS: readonly FieldInfo[] = [
  { name: '@timestamp', types: ['date'] },
  { name: '_kafka.partition', types: ['long'] },
  { name: '_kafka.offset', types: ['long'] },
  { name: '_kafka.timestamp', types: ['date'] },
  { name: '_kafka.key', types: ['text'] },
  { name: '_kafka.tombstone', types: ['boolean'] },
];
const SORTABLE: ReadonlySet<string> = new Set(['@timestamp', '_kafka.timestamp', '_kafka.offset']);

/** `_field_caps`: each field with its types. Nothing can be aggregated yet, and so it says. */
export function fieldCapabilities(fields: readonly FieldInfo[], wanted: (name: string) => boolean): object {
  const caps = new Map<string, object>();
  const add = (name: string, type: string): void => {
    if (!wanted(name)) return;
    const metadata = { type, metadata_field: false, searchable: true, aggregatable: SORTABLE.has(name) };
    caps.set(name, { ...caps.get(name), [type]: metadata });
  };
  const own = new Set(RECORD_CAPS.map(({ name }) => name));
  for (const { name, types } of [...RECORD_CAPS, ...fields.filter((field) => !own.has(field.name))]) {
    for (const type of types) add(name, type);
    if (types.includes('text')) add(`${name}.keyword`, 'keyword');
  }
  return Object.fromEntries(caps);
}
