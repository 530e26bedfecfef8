import { CatalogError } from '../../log/catalog-errors.ts';

/** Partitions that one request may create, as in Apache Kafka. */
export const MAX_NEW_PARTITIONS = 10_000;

const MAX_REPLICATION_FACTOR = 3;

/**
 * Throws CatalogError unless the replication factor is -1 or 1 to 3. Tools ask for up to 3; what they get is the
 * durability of this broker's disk and object store.
 */
export function checkReplicationFactor(factor: number): void {
  if (factor === -1 || (factor >= 1 && factor <= MAX_REPLICATION_FACTOR)) return;
  const message =
    factor < 1
      ? 'Replication factor must be larger than 0, or -1 to use the default value.'
      : `The replication factor ${factor} is not supported: at most ${MAX_REPLICATION_FACTOR} is.`;
  throw new CatalogError('INVALID_REPLICATION_FACTOR', message);
}

/** Throws CatalogError unless the replicas of a partition are this broker. */
export function checkReplicas(brokerIds: readonly number[], nodeId: number): void {
  const wrong = (fault: string): CatalogError =>
    new CatalogError('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment includes ${fault}.`);
  if (brokerIds.length === 0) throw wrong('an empty replica list');
  const unknown = brokerIds.find((id) => id !== nodeId);
  if (unknown !== undefined) throw wrong(`broker ${unknown}, but no such broker is registered`);
  if (brokerIds.length > 1) throw wrong(`the broker ${nodeId} more than once`);
}
