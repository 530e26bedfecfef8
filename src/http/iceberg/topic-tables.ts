import type { TableIdentifier } from '../../lake/catalog.ts';
import type { TableMetadata } from '../../lake/iceberg/metadata.ts';
import type { TableUpdate } from '../../lake/iceberg/updates.ts';
import { badIceberg, forbidden } from './answers.ts';
import { isTopics } from './rights.ts';

/** Properties and fields of summaries that only this program writes: how far the log is in a table, and of which topic it is. */
const OWN = 'quarry.';

/** Where the files of a table go: they have to stay below its folder. */
const PLACES = new Set([
  'write.metadata.path',
  'write.data.path',
  'write.object-storage.path',
  'write.folder-storage.path',
]);

/** What others may do to a topic's table. Its columns, partitions and place are the topic's. */
const OF_TOPICS: ReadonlySet<string> = new Set<TableUpdate['action']>([
  'assign-uuid',
  'upgrade-format-version',
  'add-snapshot',
  'set-snapshot-ref',
  'remove-snapshot-ref',
  'remove-snapshots',
  'set-properties',
  'remove-properties',
  'set-statistics',
  'remove-statistics',
  'set-partition-statistics',
  'remove-partition-statistics',
]);

/** Throws unless a client may make tables here: those of topics come and go with their topics. */
export function needOwnNamespace(namespace: readonly string[]): void {
  if (isTopics(namespace))
    throw forbidden('tables of topics are made by the broker: set quarry.table=true on the topic');
}

function ownNames(update: TableUpdate): readonly string[] {
  if (update.action === 'set-properties') return Object.keys(update.updates);
  if (update.action === 'remove-properties') return update.removals;
  if (update.action === 'add-snapshot') return Object.keys(update.snapshot.summary ?? {});
  return [];
}

/** Throws IcebergError for updates that no client may send: they would change how far the log is in the table, or whose it is. */
export function checkUpdates(table: TableIdentifier, updates: readonly TableUpdate[]): void {
  const ofTopic = isTopics(table.namespace);
  for (const update of updates) {
    for (const name of ownNames(update)) {
      if (name.startsWith(OWN)) throw badIceberg(`'${name}' is written by the broker alone`);
      if (ofTopic && PLACES.has(name))
        throw badIceberg(`'${name}' cannot be set: files of a topic's table stay in its folder`);
    }
    if (!ofTopic) continue;
    if (!OF_TOPICS.has(update.action))
      throw badIceberg(
        `'${update.action}' is not for the table of a topic: its columns and partitions follow the topic's settings`,
      );
    if (update.action === 'remove-snapshot-ref' && update['ref-name'] === 'main')
      throw badIceberg("the branch main of a topic's table cannot be removed");
  }
}

/** Throws unless the table's files lie where this catalog has all files, at a place that can be a key. */
export function checkLocation(location: string, keyOf: (uri: string) => string | undefined): void {
  const key = keyOf(location);
  const sound = key !== undefined && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!sound || location.length > 700 || /[\p{Cc}\\]/u.test(location))
    throw badIceberg(`location '${location.slice(0, 200)}' does not lie in the warehouse`);
}

/** The place of a table's own files, those of its metadata too. */
export function placesOf(metadata: TableMetadata): readonly string[] {
  return [metadata.location, ...[...PLACES].flatMap((name) => metadata.properties[name] ?? [])];
}
