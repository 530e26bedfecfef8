import type { TableIdentifier } from '../catalog.ts';
import type { PartitionSpec, Schema, SortOrder } from '../schema.ts';
import type { TableUpdate } from './updates.ts';

/** What a new table has from its first metadata file on. */
export interface NewTable {
  readonly uuid: string;
  /** The URI of its folder. */
  readonly location: string;
  readonly schema: Schema;
  readonly spec?: PartitionSpec | undefined;
  readonly sortOrder?: SortOrder | undefined;
  readonly properties?: Readonly<Record<string, string>>;
}

/** A table's folder after its name, with a part of its uuid: one that is renamed keeps its folder, and another may take the name. */
export function folderOf({ namespace, name }: TableIdentifier, uuid: string): string {
  const parts = [...namespace, name].map((part) =>
    part
      .replace(/[^\w.-]/g, '_')
      .replace(/^\.+$/, '_')
      .slice(0, 200),
  );
  return `${parts.join('/')}-${uuid.slice(0, 8)}`;
}

/** The updates that make a table of nothing. Field ids are kept as given. */
export function creationUpdates({ uuid, location, schema, spec, sortOrder, properties = {} }: NewTable): TableUpdate[] {
  return [
    { action: 'assign-uuid', uuid },
    { action: 'set-location', location },
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: spec ?? { 'spec-id': 0, fields: [] } },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': sortOrder ?? { 'order-id': 0, fields: [] } },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: properties },
  ];
}
