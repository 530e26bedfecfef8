import type { TableIdentifier } from '../../lake/catalog.ts';
import type { TableUpdate } from '../../lake/iceberg/updates.ts';
import { TOPICS_NAMESPACE } from '../../lake/topic-names.ts';
import { type AclOperation, CLUSTER_NAME } from '../../security/authorizer.ts';
import type { RouteRequest } from '../route.ts';
import { forbidden } from './answers.ts';

type May = RouteRequest['may'];

/** Whether tables of this namespace are the topics'. */
export function isTopics(namespace: readonly string[]): boolean {
  return namespace.length === 1 && namespace[0] === TOPICS_NAMESPACE;
}

/** Whether the principal may do so with a table: that of a topic by the rights on the topic, others by those on the cluster. */
export function mayTable(may: May, operation: AclOperation, table: TableIdentifier): boolean {
  if (isTopics(table.namespace)) return may(operation, 'topic', table.name);
  return mayCluster(may, operation === 'read' || operation === 'describe' ? 'describe' : 'alter');
}

export function mayCluster(may: May, operation: AclOperation): boolean {
  return may(operation, 'cluster', CLUSTER_NAME);
}

/** Throws 403 without the right. */
export function needTable(may: May, operation: AclOperation, table: TableIdentifier): void {
  if (!mayTable(may, operation, table)) throw forbidden(`this needs the right to ${operation} ${table.name}`);
}

export function needCluster(may: May, operation: AclOperation): void {
  if (!mayCluster(may, operation)) throw forbidden(`this needs the right to ${operation} the cluster`);
}

/** What writing rows comes with; every other update changes what the table is. */
const OF_WRITERS: ReadonlySet<string> = new Set<TableUpdate['action']>([
  'add-snapshot',
  'set-snapshot-ref',
  'set-statistics',
  'set-partition-statistics',
]);

/** Throws 403 unless the principal may commit these updates. */
export function needCommit(may: May, table: TableIdentifier, updates: readonly TableUpdate[]): void {
  needTable(may, 'write', table);
  if (updates.some(({ action }) => !OF_WRITERS.has(action))) needTable(may, 'alter', table);
}
