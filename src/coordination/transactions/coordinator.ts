import { type Clock, every, type Timer } from '../../base/clock.ts';
import { type Logger, withLogFields } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { removeTransaction, transactionRows } from '../../metadata/transactions.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { CommitRequest } from '../offsets.ts';
import type { GroupError } from '../types.ts';
import { addToTransaction, verifyGroup, verifyPartition } from './add.ts';
import { type ListReply, type ListRequest, listTransactions } from './describe.ts';
import { abandon, endTransaction } from './end.ts';
import { Ending, type EndingParts, saved } from './ending.ts';
import { initProducer, validateInit } from './init.ts';
import { TransactionLane } from './lane.ts';
import { type TransactionMetrics, transactionMetrics } from './metrics.ts';
import type { ProducerIds } from './producer-ids.ts';
import { decodeTransaction } from './record.ts';
import { reconcile } from './recovery.ts';
import { isExpired, isTimedOut } from './timeouts.ts';
import { isDecided, isEpochExhausted, refused } from './transaction.ts';
import type {
  AddRequest,
  EndRequest,
  Environment,
  InitRequest,
  ProducerIdentity,
  ProducerReply,
  Step,
  Transaction,
  TransactionError,
  TransactionPartition,
  TransactionSettings,
} from './types.ts';

export interface TransactionCoordinatorOptions extends Omit<EndingParts, 'metrics' | 'finishedLate'> {
  readonly producerIds: ProducerIds;
  readonly metrics: Metrics;
  readonly settings: TransactionSettings;
}

/** A producer that writes to a partition, or commits offsets, in its transaction. */
export interface Participant extends ProducerIdentity {
  readonly transactionalId: string;
  /** Writing adds to the transaction what it does not have yet: transactions of version 2 (KIP-890). */
  readonly adds: boolean;
}

/** `error` is of the transaction, `reply` of the group. */
export type HeldReply =
  | { readonly error: Exclude<TransactionError, 'NONE'> }
  | {
      readonly error: 'NONE';
      readonly reply: { readonly error: GroupError; readonly errors: readonly (readonly GroupError[])[] };
    };

/**
 * The transaction coordinator: gives requests and time-outs to the machine, makes what it returns durable, and only then answers. No method
 * rejects because of bad input or a failed write: the reply holds the error.
 */
export class TransactionCoordinator {
  readonly #sql: SqlEngine;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: TransactionSettings;
  readonly #options: TransactionCoordinatorOptions;
  readonly #metrics: TransactionMetrics;
  readonly #ending: Ending;
  readonly #lanes = new Map<string, TransactionLane>();
  readonly #timers: Timer[] = [];

  /** Reads all transactions from the store. `start` ends what was decided. */
  static async open(options: TransactionCoordinatorOptions): Promise<TransactionCoordinator> {
    const coordinator = new TransactionCoordinator(options);
    for (const { transactionalId, state } of await transactionRows(options.sql))
      coordinator.#lane(transactionalId).transaction = decodeTransaction(transactionalId, state);
    return coordinator;
  }

  private constructor(options: TransactionCoordinatorOptions) {
    this.#options = options;
    this.#sql = options.sql;
    this.#clock = options.clock;
    this.#logger = options.logger.child('transactions');
    this.#settings = options.settings;
    this.#metrics = transactionMetrics(options.metrics, () => [...this.all()].map(({ state }) => state));
    this.#ending = new Ending({
      ...options,
      logger: this.#logger,
      metrics: this.#metrics,
      finishedLate: (lane) => this.#reconcile([lane], false),
    });
  }

  /**
   * Carries out what was decided before the last stop, finds the transactions that began by writing, and starts the looks for time-outs.
   * To be called before clients can connect.
   */
  async start(): Promise<void> {
    const decided = [...this.#lanes.values()].filter((lane) => lane.isDecided);
    await Promise.all(decided.map((lane) => lane.run(() => this.#ending.finish(lane, true))));
    if (decided.length > 0)
      this.#logger.info({ transactions: decided.length }, 'decided transactions were carried out');
    this.#reconcile(this.#lanes.values(), true);
    this.#timers.push(
      every(this.#clock, this.#settings.abortTimedOutIntervalMs, () => this.abortTimedOut()),
      every(this.#clock, this.#settings.removeExpiredIntervalMs, () => this.removeExpired()),
    );
  }

  #reconcile(lanes: Iterable<TransactionLane>, strays: boolean): void {
    const { log, groups } = this.#options;
    reconcile(lanes, strays, { log, groups, now: this.#clock.now(), logger: this.#logger, settings: this.#settings });
  }

  /** Stops the timers. What is under way goes on; what is decided is completed at the next start at the latest. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#ending.close();
  }

  /** Gives a producer its id and epoch. */
  initProducer(request: InitRequest): Promise<ProducerReply> {
    const error = validateInit(request, this.#settings);
    if (error !== 'NONE') return Promise.resolve(refused(error));
    return this.#step(request.transactionalId, (known, env) => initProducer(known, request, env), refused, true);
  }

  /** Adds partitions and groups to a transaction. Resolves when that is durable. */
  add(request: AddRequest): Promise<TransactionError> {
    return this.#step(
      request.transactionalId,
      (known, env) => addToTransaction(known, request, env),
      (error) => error,
    );
  }

  /** Commits or aborts. Resolves when the transaction is complete, or when its decision is durable and cannot be carried out now. */
  end(request: EndRequest): Promise<ProducerReply> {
    return this.#step(request.transactionalId, (known, env) => endTransaction(known, request, env), refused);
  }

  /**
   * Whether a batch of the participant may be appended to the partition now; a promise means: ask again when it resolves. Synchronous,
   * so that nothing comes between this answer and the append.
   */
  enlist(participant: Participant, partition: TransactionPartition): TransactionError | Promise<void> {
    const { transactionalId, adds } = participant;
    const lane = this.#lanes.get(transactionalId);
    if (lane !== undefined && (lane.isBusy || lane.uncertain)) return this.#whenSettled(lane);
    if (adds)
      return this.#addInMemory(lane, { ...participant, partitions: [partition], groups: [], raisesEpoch: true });
    if (!this.#settings.verifyPartitions) return 'NONE';
    return verifyPartition(lane?.transaction, participant, partition);
  }

  /** Whether partition and producer go together, for who wants to know only (AddPartitionsToTxn with `verifyOnly`). */
  verify(participant: Participant, partition: TransactionPartition): TransactionError {
    if (participant.transactionalId === '') return 'INVALID_REQUEST';
    return verifyPartition(this.transaction(participant.transactionalId), participant, partition);
  }

  /** What was added is in the log once the batch is: it needs no row (`recovery.ts` finds it there). */
  #addInMemory(lane: TransactionLane | undefined, request: AddRequest): TransactionError {
    const { reply, next } = addToTransaction(lane?.transaction, request, this.#env(undefined));
    if (lane !== undefined && next !== undefined) lane.transaction = next;
    return reply;
  }

  async #whenSettled(lane: TransactionLane): Promise<void> {
    if (lane.uncertain) await lane.run(() => this.#ending.settle(lane)).catch(() => undefined);
    else await lane.settled;
  }

  /** Keeps offsets back until the participant's transaction ends. Resolves when they are durable. */
  commitOffsets(participant: Participant, request: CommitRequest): Promise<HeldReply> {
    const { transactionalId, adds } = participant;
    const lane = this.#lanes.get(transactionalId);
    if (transactionalId === '') return Promise.resolve({ error: 'INVALID_REQUEST' });
    if (lane === undefined) return Promise.resolve({ error: 'INVALID_PRODUCER_ID_MAPPING' });
    return lane.run(async (): Promise<HeldReply> => {
      try {
        await this.#ending.settle(lane);
      } catch (error) {
        return { error: this.#failure(error as Error) };
      }
      const added = { ...participant, partitions: [], groups: [request.groupId], raisesEpoch: true };
      const error = adds ? this.#addInMemory(lane, added) : verifyGroup(lane.transaction, participant, request.groupId);
      if (error !== 'NONE') return { error };
      return { error, reply: await this.#options.groups.holdOffsets(request, participant) };
    });
  }

  /** The state of one id; undefined when there is none. */
  transaction(transactionalId: string): Transaction | undefined {
    return this.#lanes.get(transactionalId)?.transaction;
  }

  /** The transactions that pass the request's filters. */
  list(request: ListRequest): ListReply {
    return listTransactions(this.all(), request, this.#clock.now());
  }

  /** The states of all ids. */
  *all(): IterableIterator<Transaction> {
    for (const { transaction } of this.#lanes.values()) if (transaction !== undefined) yield transaction;
  }

  #lane(transactionalId: string): TransactionLane {
    let lane = this.#lanes.get(transactionalId);
    if (lane === undefined) {
      lane = new TransactionLane(transactionalId, this.#sql);
      this.#lanes.set(transactionalId, lane);
    }
    return lane;
  }

  #env(freshProducerId: number | undefined): Environment {
    return { now: this.#clock.now(), freshProducerId, settings: this.#settings };
  }

  /** What a step on the lane may know, with a fresh producer id where it might need one. Only an initialization makes an id known. */
  async #envFor({ transaction }: TransactionLane, mayBegin: boolean): Promise<Environment> {
    const needsId = transaction === undefined ? mayBegin : isEpochExhausted(transaction.producerEpoch);
    return this.#env(needsId ? await this.#options.producerIds.next() : undefined);
  }

  /** Runs a step of an id's machine in the id's lane and makes what it changes durable. */
  #step<R>(
    transactionalId: string,
    step: (known: Transaction | undefined, env: Environment) => Step<R>,
    fail: (error: TransactionError) => R,
    mayBegin = false,
  ): Promise<R> {
    const lane = this.#lane(transactionalId);
    const done = lane.run(() =>
      withLogFields({ transactionalId }, async () => {
        try {
          await this.#ending.settle(lane);
          const { reply, next } = step(lane.transaction, await this.#envFor(lane, mayBegin));
          if (next !== undefined) await this.#carryOut(lane, next);
          return reply;
        } catch (error) {
          return fail(this.#failure(error as Error));
        }
      }),
    );
    return done.finally(() => this.#release(lane));
  }

  async #carryOut(lane: TransactionLane, next: Transaction): Promise<void> {
    if (isDecided(next)) {
      await this.#ending.decide(lane, next);
      return;
    }
    await lane.write([saved(next)]);
    lane.transaction = next;
  }

  #failure(err: Error): Exclude<TransactionError, 'NONE'> {
    this.#logger.error({ err }, 'a change of a transaction failed');
    return 'COORDINATOR_NOT_AVAILABLE';
  }

  /** An id that nothing is known of leaves nothing in memory. */
  #release(lane: TransactionLane): void {
    if (lane.transaction === undefined && !lane.isBusy && this.#lanes.get(lane.transactionalId) === lane)
      this.#lanes.delete(lane.transactionalId);
  }

  /** Aborts what has taken longer than its producer asked for, and fences the producer. */
  async abortTimedOut(): Promise<void> {
    const late = [...this.#lanes.values()].filter(({ transaction }) => this.#isTimedOut(transaction));
    await Promise.all(late.map(({ transactionalId }) => this.#abortTimedOut(transactionalId)));
  }

  #isTimedOut(transaction: Transaction | undefined): transaction is Transaction {
    return transaction !== undefined && isTimedOut(transaction, this.#clock.now());
  }

  async #abortTimedOut(transactionalId: string): Promise<void> {
    const step = (known: Transaction | undefined, env: Environment): Step<TransactionError> => {
      // Looked at when its turn has come: what waited before it may have ended the transaction.
      if (!this.#isTimedOut(known)) return { reply: 'NONE' };
      const { producerId, producerEpoch, timeoutMs } = known;
      this.#logger.info(
        { transactionalId, producerId, producerEpoch, timeoutMs },
        'a transaction timed out and is aborted',
      );
      this.#metrics.timedOut.inc();
      return { reply: 'NONE', next: abandon(known, env) };
    };
    await this.#step(transactionalId, step, (error) => error);
  }

  /** Forgets ids that nobody used for `transactional.id.expiration.ms`. */
  async removeExpired(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => this.#removeExpired(lane)));
  }

  async #removeExpired(lane: TransactionLane): Promise<void> {
    const isOld = (): boolean => {
      const { transaction } = lane;
      return transaction !== undefined && isExpired(transaction, this.#clock.now(), this.#settings.expirationMs);
    };
    if (!isOld()) return;
    await lane.run(async () => {
      if (!isOld()) return;
      try {
        await lane.write([removeTransaction(lane.transactionalId)]);
        lane.transaction = undefined;
      } catch (error) {
        this.#failure(error as Error);
      }
    });
    this.#release(lane);
  }
}
