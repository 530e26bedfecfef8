import { SqlService } from '../sql/service.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import type { Topics } from './topics.ts';

/** Queries over the log; nothing is loaded before the first. */
export function openSql({ settings, clock }: BrokerParts, { log }: Topics): SqlService {
  return new SqlService({
    log,
    clock,
    settings: {
      timeoutMs: settings['sql.timeout.ms'],
      maxQueries: settings['sql.max.queries'],
      memoryBytes: settings['sql.memory.bytes'],
      threads: settings['sql.threads'],
      maxRows: settings['sql.max.rows'],
      maxAnswerBytes: settings['sql.max.answer.bytes'],
      maxBatchBytes: MAX_BATCH_BYTES,
    },
  });
}
