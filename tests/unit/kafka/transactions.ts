import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Metrics } from '../../../src/base/metrics.ts';
import { TransactionCoordinator } from '../../../src/coordination/transactions/coordinator.ts';
import type { TransactionGroups } from '../../../src/coordination/transactions/ports.ts';
import type { ProducerIds } from '../../../src/coordination/transactions/producer-ids.ts';
import type { TransactionSettings } from '../../../src/coordination/transactions/types.ts';
import type { Log } from '../../../src/log/types.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';

/** Kafka's defaults. */
export const transactionSettings: TransactionSettings = {
  maxTimeoutMs: 900_000,
  abortTimedOutIntervalMs: 10_000,
  expirationMs: 604_800_000,
  removeExpiredIntervalMs: 3_600_000,
  verifyPartitions: true,
};

/** No group holds anything. */
const noGroups: TransactionGroups = {
  holdOffsets: () => Promise.resolve({ error: 'NONE', errors: [] }),
  releaseOffsets() {},
  heldOffsets: () => [],
};

/** A coordinator over an empty store. */
export function openTransactions(
  log: Log,
  producerIds: ProducerIds,
  metrics: Metrics,
): Promise<TransactionCoordinator> {
  return TransactionCoordinator.open({
    sql: openInlineSqlite(':memory:'),
    clock: systemClock,
    logger: silentLogger,
    log,
    groups: noGroups,
    reached() {},
    producerIds,
    metrics,
    settings: transactionSettings,
  });
}
