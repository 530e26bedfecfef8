import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { endTransactionOffsets, saveTransaction, transactionState } from '../../metadata/transactions.ts';
import type { SqlEngine, SqlStatement } from '../../metadata/types.ts';
import { complete } from './end.ts';
import type { TransactionLane } from './lane.ts';
import { writeMarkers } from './markers.ts';
import type { TransactionMetrics } from './metrics.ts';
import type { TransactionGroups, TransactionLog, TransactionMoment } from './ports.ts';
import { decodeTransaction, encodeTransaction } from './record.ts';
import { isDecided } from './transaction.ts';
import type { Transaction } from './types.ts';

/** Pause before a decision that could not be carried out is tried again. */
const RETRY_MS = 1000;

export interface EndingParts {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: TransactionLog;
  readonly groups: TransactionGroups;
  readonly metrics: TransactionMetrics;
  /** Called at each moment of an end; tests end the process there. */
  readonly reached: (moment: TransactionMoment, transactionalId: string) => void;
  /** A decision that had to wait is carried out: the next transaction may have begun before a restart. */
  readonly finishedLate: (lane: TransactionLane) => void;
}

/**
 * True for a decision of this very transaction. One of the transaction before can still be stored: nobody waits for the completion of version 2. It has
 * raised the epoch to what it is now; times do not tell, since the clock may have gone back.
 */
function decides(found: Transaction, { producerId, producerEpoch }: Transaction): boolean {
  const raised = found.producerId === producerId && found.producerEpoch === producerEpoch + 1;
  return isDecided(found) && (raised || !found.raisesEpoch);
}

/** The statement that makes the state of a transactional id durable. */
export function saved(transaction: Transaction): SqlStatement {
  const { transactionalId, updateTimestamp } = transaction;
  return saveTransaction({ transactionalId, state: encodeTransaction(transaction), updated: updateTimestamp });
}

/**
 * Carries decisions out: the decision with the offsets becomes durable in one SQL transaction, then the markers in the log, then the
 * completion. After the first nothing can turn it round; what is missing after a crash or a failure is done again.
 */
export class Ending {
  readonly #parts: EndingParts;
  readonly #unfinished = new Set<TransactionLane>();
  #retry: Timer | undefined;
  #closed = false;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** Makes a decision durable and carries it out. Rejects when the decision could not be written; afterwards never. */
  async decide(lane: TransactionLane, decided: Transaction): Promise<void> {
    const commit = decided.state === 'PrepareCommit';
    const offsets = decided.groups.size === 0 ? [] : endTransactionOffsets(decided.producerId, commit);
    await lane.write([saved(decided), ...offsets]);
    this.#adopt(lane, decided);
    await this.finish(lane, false);
  }

  /** A decision is durable: from now on memory has it, too. */
  #adopt(lane: TransactionLane, decided: Transaction): void {
    const commit = decided.state === 'PrepareCommit';
    lane.transaction = decided;
    for (const groupId of decided.groups) this.#parts.groups.releaseOffsets(groupId, decided.producerId, commit);
    const { committed, aborted } = this.#parts.metrics;
    (commit ? committed : aborted).inc();
    this.#parts.reached('decided', decided.transactionalId);
  }

  /** Does what is left of the lane's decision. When that does not succeed it is tried again until it does. */
  async finish(lane: TransactionLane, again: boolean): Promise<void> {
    const { transaction: decided } = lane;
    if (decided === undefined || !isDecided(decided)) return;
    const { clock, log, logger, reached, metrics } = this.#parts;
    const began = clock.monotonic();
    try {
      await writeMarkers(log, decided, again, logger);
      reached('marked', lane.transactionalId);
      await this.#complete(lane, complete(decided, clock.now()));
      reached('completed', lane.transactionalId);
      this.#unfinished.delete(lane);
      metrics.endSeconds.observe((clock.monotonic() - began) / 1000);
    } catch (err) {
      // Said once: a log that has stopped for good would say it every second.
      if (!this.#unfinished.has(lane))
        logger.error(
          { err, transactionalId: lane.transactionalId },
          'a decided transaction is not complete yet; will try again',
        );
      this.#unfinished.add(lane);
      this.#retry ??= clock.after(RETRY_MS, () => this.#tryAgain());
    }
  }

  /**
   * Of version 2 nobody waits for this write. If it is lost, the next start finds the decision, and in the logs markers of the raised
   * epoch: it sees that there is nothing left to do, even when the next transaction has begun. Of version 1 both look the same, so the
   * next one must not begin before.
   */
  async #complete(lane: TransactionLane, completed: Transaction): Promise<void> {
    const { logger } = this.#parts;
    if (completed.raisesEpoch) {
      lane.writeBehind([saved(completed)], (err) =>
        logger.warn(
          { err, transactionalId: lane.transactionalId },
          'the completion of a transaction is not stored yet',
        ),
      );
    } else await lane.write([saved(completed)]);
    lane.transaction = completed;
  }

  #tryAgain(): void {
    this.#retry = undefined;
    if (this.#closed) return;
    for (const lane of this.#unfinished)
      void lane.run(async () => {
        try {
          await this.settle(lane);
        } catch (err) {
          this.#parts.logger.warn({ err, transactionalId: lane.transactionalId }, 'the metadata store does not answer');
        }
        await this.finish(lane, true);
        if (!lane.isDecided) this.#parts.finishedLate(lane);
      });
  }

  /**
   * After a write that failed nobody knows what is stored. A decision that is there counts, since another one after it would tear the
   * transaction; any other state is written anew by the next step. Rejects when the store does not answer.
   */
  async settle(lane: TransactionLane): Promise<void> {
    if (!lane.uncertain) return;
    const { transactionalId, transaction } = lane;
    const stored = await transactionState(this.#parts.sql, transactionalId);
    lane.uncertain = false;
    if (stored === undefined || transaction === undefined || isDecided(transaction)) return;
    const found = decodeTransaction(transactionalId, stored);
    if (!decides(found, transaction)) return;
    this.#adopt(lane, found);
    await this.finish(lane, true);
  }

  /** No more attempts. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }
}
