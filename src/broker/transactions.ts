import type { GroupCoordinator } from '../coordination/coordinator.ts';
import { TransactionCoordinator } from '../coordination/transactions/coordinator.ts';
import type { ProducerIds } from '../coordination/transactions/producer-ids.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Reads all transactions from SQL. */
export function openTransactions(
  { settings, clock, logger, metrics, reached }: BrokerParts,
  { sql }: Storage,
  { log }: Topics,
  groups: GroupCoordinator,
  producerIds: ProducerIds,
): Promise<TransactionCoordinator> {
  return TransactionCoordinator.open({
    sql,
    clock,
    logger,
    metrics,
    log,
    groups,
    producerIds,
    reached,
    settings: {
      maxTimeoutMs: settings['transaction.max.timeout.ms'],
      abortTimedOutIntervalMs: settings['transaction.abort.timed.out.transaction.cleanup.interval.ms'],
      expirationMs: settings['transactional.id.expiration.ms'],
      removeExpiredIntervalMs: settings['transaction.remove.expired.transaction.cleanup.interval.ms'],
      get verifyPartitions() {
        return settings['transaction.partition.verification.enable'];
      },
    },
  });
}
