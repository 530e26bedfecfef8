import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Log } from '../log/types.ts';
import type { MemoryBudget } from './budget.ts';
import type { FeatureLevels } from './features.ts';
import { FetchReader } from './fetch-read.ts';
import { defaultFetchSessionLimits, FetchSessions } from './fetch-sessions.ts';
import type { Handler } from './handler.ts';
import type { ClientQuotas } from './quotas/client-quotas.ts';
import { produceHandler } from './handlers/00-produce.ts';
import { fetchHandler } from './handlers/01-fetch.ts';
import { listOffsetsHandler } from './handlers/02-list-offsets.ts';
import { saslHandshakeHandler } from './handlers/17-sasl-handshake.ts';
import { apiVersionsHandler } from './handlers/18-api-versions.ts';
import { deleteRecordsHandler } from './handlers/21-delete-records.ts';
import { initProducerIdHandler } from './handlers/22-init-producer-id.ts';
import { offsetForLeaderEpochHandler } from './handlers/23-offset-for-leader-epoch.ts';
import { saslAuthenticateHandler } from './handlers/36-sasl-authenticate.ts';
import type { TransactionCoordinator } from '../coordination/transactions/coordinator.ts';
import type { ProducerIds } from '../coordination/transactions/producer-ids.ts';

export interface HandlerDependencies {
  readonly log: Log;
  readonly producerIds: ProducerIds;
  readonly transactions: TransactionCoordinator;
  readonly features: FeatureLevels;
  readonly quotas: ClientQuotas;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Bytes of answers that are on their way; shared with the server, which counts what it sends. */
  readonly responseMemory: MemoryBudget;
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly fetchSessionSlots: number;
}

/**
 * All handlers that the server serves: those of records and offsets, made here, and `others` (groups, topics, configs …), made by
 * whoever owns their engines. ApiVersions advertises exactly these.
 */
export function kafkaHandlers(dependencies: HandlerDependencies, others: readonly Handler[]): Handler[] {
  const { log, clock, logger } = dependencies;
  const limits = { ...defaultFetchSessionLimits, slots: dependencies.fetchSessionSlots };
  const sessions = new FetchSessions(limits, clock, dependencies.random);
  dependencies.metrics.gaugeFrom('quarry_fetch_sessions', 'Incremental fetch sessions.', () => sessions.size);
  const reader = new FetchReader(log, dependencies.responseMemory, logger);
  const handlers: Handler[] = [
    produceHandler(log, dependencies.transactions, dependencies.quotas, logger),
    fetchHandler({ log, reader, sessions, clock, quotas: dependencies.quotas, maxBytes: dependencies.fetchMaxBytes }),
    listOffsetsHandler(log, logger),
    apiVersionsHandler(() => handlers, dependencies.features),
    saslHandshakeHandler(),
    saslAuthenticateHandler(),
    deleteRecordsHandler(log, logger),
    initProducerIdHandler(dependencies.producerIds, dependencies.transactions, logger),
    offsetForLeaderEpochHandler(log),
    ...others,
  ];
  return handlers;
}
