import type { PartitionSpec, Schema, SortOrder } from '../schema.ts';
import { checkEvolution, checkSchema, fieldsById, highestId } from './evolution.ts';
import {
  InvalidMetadata,
  type Snapshot,
  type SnapshotId,
  type SnapshotRef,
  type StatisticsFile,
  type TableMetadata,
  validateMetadata,
} from './metadata.ts';

/** Changes of table metadata in the words of the REST catalog spec (`TableUpdate`). -1 as an id means the one added last. */
export type TableUpdate =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly 'format-version': number }
  | { readonly action: 'add-schema'; readonly schema: Schema }
  | { readonly action: 'set-current-schema'; readonly 'schema-id': number }
  | { readonly action: 'remove-schemas'; readonly 'schema-ids': readonly number[] }
  | { readonly action: 'add-spec'; readonly spec: PartitionSpec }
  | { readonly action: 'set-default-spec'; readonly 'spec-id': number }
  | { readonly action: 'remove-partition-specs'; readonly 'spec-ids': readonly number[] }
  | { readonly action: 'add-sort-order'; readonly 'sort-order': SortOrder }
  | { readonly action: 'set-default-sort-order'; readonly 'sort-order-id': number }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | ({ readonly action: 'set-snapshot-ref'; readonly 'ref-name': string } & SnapshotRef)
  | { readonly action: 'remove-snapshot-ref'; readonly 'ref-name': string }
  | { readonly action: 'remove-snapshots'; readonly 'snapshot-ids': readonly SnapshotId[] }
  | { readonly action: 'set-location'; readonly location: string }
  | { readonly action: 'set-properties'; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'set-statistics'; readonly statistics: StatisticsFile }
  | { readonly action: 'remove-statistics'; readonly 'snapshot-id': SnapshotId }
  | { readonly action: 'set-partition-statistics'; readonly 'partition-statistics': StatisticsFile }
  | { readonly action: 'remove-partition-statistics'; readonly 'snapshot-id': SnapshotId };

/** What a run of updates carries from one to the next. Properties and refs are in the metadata again at its end: each update would copy all. */
interface Added {
  readonly properties: Map<string, string>;
  readonly refs: Map<string, SnapshotRef>;
  schema?: number;
  spec?: number;
  order?: number;
}

type Update<A extends TableUpdate['action']> = Extract<TableUpdate, { action: A }>;
type Apply<A extends TableUpdate['action']> = (
  metadata: TableMetadata,
  update: Update<A>,
  added: Added,
) => TableMetadata;

/** Metadata of a table that does not exist yet: what updates of a creation are applied to. */
export function emptyMetadata(now: number): TableMetadata {
  return {
    'format-version': 2,
    'table-uuid': '',
    location: '',
    'last-sequence-number': 0,
    'last-updated-ms': now,
    'last-column-id': 0,
    schemas: [],
    'current-schema-id': -1,
    'partition-specs': [],
    'default-spec-id': -1,
    'last-partition-id': 999,
    'sort-orders': [],
    'default-sort-order-id': -1,
    properties: {},
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    refs: {},
    statistics: [],
    'partition-statistics': [],
  };
}

function lastAdded(id: number, added: number | undefined, what: string): number {
  if (id !== -1) return id;
  if (added === undefined) throw new InvalidMetadata(`-1 as ${what}, but none was added before`);
  return added;
}

/** Tells whether something is the same as `a`. */
const sameAs = (a: unknown): ((b: unknown) => boolean) => {
  const text = JSON.stringify(a);
  return (b) => JSON.stringify(b) === text;
};

const addSchema: Apply<'add-schema'> = (metadata, { schema }, added) => {
  const shape = ({ fields, ...rest }: Schema): unknown => [fields, rest['identifier-field-ids'] ?? []];
  // A schema that the table had before may come back: its files were written under it.
  const isSame = sameAs(shape(schema));
  const known = metadata.schemas.find((other) => isSame(shape(other)));
  const id = known?.['schema-id'] ?? Math.max(-1, ...metadata.schemas.map((other) => other['schema-id'])) + 1;
  added.schema = id;
  if (known !== undefined) return metadata;
  const current = metadata.schemas.find((other) => other['schema-id'] === metadata['current-schema-id']);
  if (current === undefined) checkSchema(schema);
  else checkEvolution(current, schema, metadata['last-column-id']);
  return {
    ...metadata,
    schemas: [...metadata.schemas, { ...schema, 'schema-id': id }],
    'last-column-id': Math.max(metadata['last-column-id'], highestId(schema)),
  };
};

const addSpec: Apply<'add-spec'> = (metadata, { spec }, added) => {
  const schema = metadata.schemas.find((known) => known['schema-id'] === metadata['current-schema-id']);
  const columns = schema === undefined ? undefined : fieldsById(schema);
  let last = metadata['last-partition-id'];
  // REST clients may leave the ids of new partition fields to the catalog.
  const fields = spec.fields.map((field) => ({ ...field, 'field-id': field['field-id'] ?? ++last }));
  for (const field of fields) {
    if (columns !== undefined && !columns.has(field['source-id']))
      throw new InvalidMetadata(
        `partition field '${field.name}' is of column ${field['source-id']}, which is not there`,
      );
    last = Math.max(last, field['field-id']);
  }
  const isSame = sameAs(fields);
  const known = metadata['partition-specs'].find((other) => isSame(other.fields));
  const id = known?.['spec-id'] ?? Math.max(-1, ...metadata['partition-specs'].map((other) => other['spec-id'])) + 1;
  added.spec = id;
  if (known !== undefined) return metadata;
  return {
    ...metadata,
    'partition-specs': [...metadata['partition-specs'], { ...spec, 'spec-id': id, fields }],
    'last-partition-id': last,
  };
};

const addSortOrder: Apply<'add-sort-order'> = (metadata, { 'sort-order': order }, added) => {
  const isSame = sameAs(order.fields);
  const known = metadata['sort-orders'].find((other) => isSame(other.fields));
  // 0 is kept for "not sorted" by the spec.
  const next = Math.max(0, ...metadata['sort-orders'].map((other) => other['order-id'])) + 1;
  const id = known?.['order-id'] ?? (order.fields.length === 0 ? 0 : next);
  added.order = id;
  if (known !== undefined) return metadata;
  return { ...metadata, 'sort-orders': [...metadata['sort-orders'], { ...order, 'order-id': id }] };
};

const addSnapshot: Apply<'add-snapshot'> = (metadata, { snapshot }) => {
  const id = snapshot['snapshot-id'];
  if (metadata.snapshots.some((known) => known['snapshot-id'] === id))
    throw new InvalidMetadata(`snapshot ${id} is there already`);
  if (
    snapshot['sequence-number'] <= metadata['last-sequence-number'] &&
    (snapshot['parent-snapshot-id'] ?? null) !== null
  )
    throw new InvalidMetadata(`snapshot ${id} has a sequence number that is not above the last one`);
  return {
    ...metadata,
    snapshots: [...metadata.snapshots, snapshot],
    'last-sequence-number': Math.max(metadata['last-sequence-number'], snapshot['sequence-number']),
    // Never back, whatever the clock of its writer says: readers refuse metadata whose times do not rise.
    'last-updated-ms': Math.max(metadata['last-updated-ms'], snapshot['timestamp-ms']),
  };
};

const setRef: Apply<'set-snapshot-ref'> = (metadata, { action: _, 'ref-name': name, ...ref }, { refs }) => {
  if (!metadata.snapshots.some((known) => known['snapshot-id'] === ref['snapshot-id']))
    throw new InvalidMetadata(`ref '${name}' cannot name snapshot ${ref['snapshot-id']}, which is not there`);
  if (name === 'main' && ref.type !== 'branch') throw new InvalidMetadata('main is a branch and cannot be a tag');
  refs.set(name, ref);
  if (name !== 'main' || metadata['current-snapshot-id'] === ref['snapshot-id']) return metadata;
  const entry = { 'snapshot-id': ref['snapshot-id'], 'timestamp-ms': metadata['last-updated-ms'] };
  return {
    ...metadata,
    'current-snapshot-id': ref['snapshot-id'],
    'snapshot-log': [...metadata['snapshot-log'], entry],
  };
};

const removeRef: Apply<'remove-snapshot-ref'> = (metadata, { 'ref-name': name }, { refs }) => {
  refs.delete(name);
  if (name !== 'main') return metadata;
  const { 'current-snapshot-id': _, ...rest } = metadata;
  return rest;
};

const removeSnapshots: Apply<'remove-snapshots'> = (metadata, { 'snapshot-ids': ids }, { refs }) => {
  const gone = new Set(ids);
  for (const [name, ref] of refs)
    if (gone.has(ref['snapshot-id']))
      throw new InvalidMetadata(`snapshot ${ref['snapshot-id']} cannot go: ref '${name}' names it`);
  const kept = <T extends { 'snapshot-id': SnapshotId }>(entries: readonly T[]): T[] =>
    entries.filter((entry) => !gone.has(entry['snapshot-id']));
  // The log must have no hole: what lies before a snapshot that is gone says nothing reliable any more (spec: "Snapshots").
  const lastGone = metadata['snapshot-log'].findLastIndex((entry) => gone.has(entry['snapshot-id']));
  return {
    ...metadata,
    snapshots: kept(metadata.snapshots),
    'snapshot-log': metadata['snapshot-log'].slice(lastGone + 1),
    statistics: kept(metadata.statistics),
    'partition-statistics': kept(metadata['partition-statistics']),
  };
};

const replaced = (
  list: readonly StatisticsFile[],
  id: SnapshotId,
  file?: StatisticsFile,
): readonly StatisticsFile[] => [
  ...list.filter((known) => known['snapshot-id'] !== id),
  ...(file === undefined ? [] : [file]),
];

function without<Name extends string, T extends Readonly<Record<Name, number>>>(
  list: readonly T[],
  name: Name,
  ids: readonly number[],
): readonly T[] {
  const gone = new Set(ids);
  return list.filter((one) => !gone.has(one[name]));
}

const APPLY: { readonly [A in TableUpdate['action']]: Apply<A> } = {
  'assign-uuid': (metadata, { uuid }) => {
    if (metadata['table-uuid'] !== '' && metadata['table-uuid'] !== uuid)
      throw new InvalidMetadata(`the table's uuid is ${metadata['table-uuid']} and never changes`);
    return { ...metadata, 'table-uuid': uuid };
  },
  'upgrade-format-version': (metadata, { 'format-version': version }) => {
    if (version !== 2) throw new InvalidMetadata(`format-version ${version} is not supported, only 2 is`);
    return metadata;
  },
  'add-schema': addSchema,
  'set-current-schema': (metadata, update, added) => ({
    ...metadata,
    'current-schema-id': lastAdded(update['schema-id'], added.schema, 'schema-id'),
  }),
  'remove-schemas': (metadata, { 'schema-ids': ids }) => ({
    ...metadata,
    schemas: without(metadata.schemas, 'schema-id', ids),
  }),
  'add-spec': addSpec,
  'set-default-spec': (metadata, update, added) => ({
    ...metadata,
    'default-spec-id': lastAdded(update['spec-id'], added.spec, 'spec-id'),
  }),
  'remove-partition-specs': (metadata, { 'spec-ids': ids }) => ({
    ...metadata,
    'partition-specs': without(metadata['partition-specs'], 'spec-id', ids),
  }),
  'add-sort-order': addSortOrder,
  'set-default-sort-order': (metadata, update, added) => ({
    ...metadata,
    'default-sort-order-id': lastAdded(update['sort-order-id'], added.order, 'sort-order-id'),
  }),
  'add-snapshot': addSnapshot,
  'set-snapshot-ref': setRef,
  'remove-snapshot-ref': removeRef,
  'remove-snapshots': removeSnapshots,
  'set-location': (metadata, { location }) => ({ ...metadata, location }),
  'set-properties': (metadata, { updates }, { properties }) => {
    for (const [name, value] of Object.entries(updates)) properties.set(name, value);
    return metadata;
  },
  'remove-properties': (metadata, { removals }, { properties }) => {
    for (const name of removals) properties.delete(name);
    return metadata;
  },
  'set-statistics': (metadata, { statistics: file }) => ({
    ...metadata,
    statistics: replaced(metadata.statistics, file['snapshot-id'], file),
  }),
  'remove-statistics': (metadata, update) => ({
    ...metadata,
    statistics: replaced(metadata.statistics, update['snapshot-id']),
  }),
  'set-partition-statistics': (metadata, { 'partition-statistics': file }) => ({
    ...metadata,
    'partition-statistics': replaced(metadata['partition-statistics'], file['snapshot-id'], file),
  }),
  'remove-partition-statistics': (metadata, update) => ({
    ...metadata,
    'partition-statistics': replaced(metadata['partition-statistics'], update['snapshot-id']),
  }),
};

/** Applies updates in order, at the time `now` (ms). Pure. Throws InvalidMetadata or SchemaRefusedByRules, and then nothing has changed. */
export function applyUpdates(metadata: TableMetadata, updates: readonly TableUpdate[], now: number): TableMetadata {
  const added: Added = {
    properties: new Map(Object.entries(metadata.properties)),
    refs: new Map(Object.entries(metadata.refs)),
  };
  let next: TableMetadata = { ...metadata, 'last-updated-ms': Math.max(now, metadata['last-updated-ms']) };
  for (const update of updates) {
    if (!Object.hasOwn(APPLY, update.action))
      throw new InvalidMetadata(`update '${String(update.action)}' is not supported`);
    next = (APPLY[update.action] as Apply<typeof update.action>)(next, update as never, added);
  }
  next = { ...next, properties: Object.fromEntries(added.properties), refs: Object.fromEntries(added.refs) };
  if (next['sort-orders'].length === 0)
    next = { ...next, 'sort-orders': [{ 'order-id': 0, fields: [] }], 'default-sort-order-id': 0 };
  if (next['partition-specs'].length === 0)
    next = { ...next, 'partition-specs': [{ 'spec-id': 0, fields: [] }], 'default-spec-id': 0 };
  validateMetadata(next);
  return next;
}
