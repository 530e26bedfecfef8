import { silentLogger } from '../src/base/logger.ts';
import { createMetrics } from '../src/base/metrics.ts';
import { below, type Random } from '../src/base/random.ts';
import type { GroupCoordinator, GroupCoordinatorOptions } from '../src/coordination/coordinator.ts';
import type { Participant, TransactionCoordinator } from '../src/coordination/transactions/coordinator.ts';
import type { TransactionCoordinatorOptions } from '../src/coordination/transactions/coordinator.ts';
import { producerIdsOver } from '../src/coordination/transactions/producer-ids.ts';
import type { TransactionError, TransactionSettings } from '../src/coordination/transactions/types.ts';
import { LogError } from '../src/log/types.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { SETTINGS } from './groups.ts';
import type { ManualClock } from './groups-clock.ts';
import { FaultyStore, MortalClock, type StoreFaults } from './groups-store.ts';
import { NO_TOPICS } from './groups-world.ts';
import { Network, type NetworkFaults } from './network.ts';
import { noLog } from './share-settings.ts';
import { TransactionChecks } from './transactions-checks.ts';
import { Disk, type LogFaults, SimulatedLog, TOPIC, TOPIC_ID } from './transactions-log.ts';

/** Opens the coordinators: the real ones, or ones with a planted bug. */
export interface OpenCoordinators {
  groups(options: GroupCoordinatorOptions): Promise<GroupCoordinator>;
  transactions(options: TransactionCoordinatorOptions): Promise<TransactionCoordinator>;
}

export interface WorldFaults extends StoreFaults, LogFaults, NetworkFaults {}

/** One run of the broker, from a start to its end. */
interface Life {
  readonly transactions: TransactionCoordinator;
  readonly groups: GroupCoordinator;
  readonly log: SimulatedLog;
  readonly store: FaultyStore;
  readonly clock: MortalClock;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** Clients can connect. */
  isOpen: boolean;
}

export type ProduceError = TransactionError | LogError['code'];

const SETTINGS_OF_TRANSACTIONS: TransactionSettings = {
  maxTimeoutMs: 60_000,
  abortTimedOutIntervalMs: 500,
  expirationMs: 3_600_000,
  removeExpiredIntervalMs: 60_000,
  verifyPartitions: true,
};

/** Times that a write asks again while its transaction is being changed. */
const MAX_WAITS = 100;

/** The broker with its disk and store, and the network between it and its clients. */
export class World extends Network<WorldFaults> {
  readonly checks = new TransactionChecks();
  readonly disk = new Disk();
  readonly #sql: SqlEngine;
  readonly #open: OpenCoordinators;
  readonly #fail: (error: unknown) => void;
  #life: Life | undefined;
  restarts = 0;

  constructor(
    clock: ManualClock,
    random: Random,
    sql: SqlEngine,
    faults: WorldFaults,
    open: OpenCoordinators,
    fail: (error: unknown) => void,
  ) {
    super(clock, random, faults);
    this.#sql = sql;
    this.#open = open;
    this.#fail = fail;
  }

  /** The life that answers now. */
  get life(): Life | undefined {
    return this.#life?.isOpen === true ? this.#life : undefined;
  }

  async start(): Promise<void> {
    const clock = new MortalClock(this.clock);
    const store = new FaultyStore(this.#sql, clock, this.random, this.faults);
    const log = new SimulatedLog(this.disk, clock, this.random, this.faults);
    log.onStable = (partition, offset) => this.#judging(() => this.checks.stable(partition, offset));
    const { groups, transactions } = await this.openOn(store, clock, log);
    const { promise, resolve } = Promise.withResolvers<void>();
    const life: Life = { transactions, groups, log, store, clock, ended: promise, end: resolve, isOpen: false };
    this.#life = life;
    await Promise.race([transactions.start(), promise]);
    life.isOpen = true;
  }

  #judging(judge: () => void): void {
    try {
      judge();
    } catch (error) {
      this.#fail(error);
    }
  }

  async openOn(sql: SqlEngine, clock: MortalClock, log: SimulatedLog): Promise<Pick<Life, 'groups' | 'transactions'>> {
    const base = { sql, clock, logger: silentLogger, metrics: createMetrics() };
    const groups = await this.#open.groups({
      ...base,
      random: this.random,
      settings: SETTINGS,
      topics: NO_TOPICS,
      log: noLog,
      overrides: () => new Map(),
      mayDescribe: () => true,
    });
    const transactions = await this.#open.transactions({
      ...base,
      log,
      groups,
      producerIds: producerIdsOver(this.#sql),
      reached() {},
      settings: SETTINGS_OF_TRANSACTIONS,
    });
    return { groups, transactions };
  }

  /** What is stored, as coordinators of its own that nobody asks. */
  stored(log: SimulatedLog): Promise<Pick<Life, 'groups' | 'transactions'>> {
    return this.openOn(this.#sql, new MortalClock(this.clock), log);
  }

  /** Stops the broker, in good order or by a crash, and starts it again after a while. */
  async restart(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.restarts++;
    if (this.chance(0.3)) life.transactions.close();
    life.clock.end();
    life.end();
    life.log.crash();
    await life.store.crash();
    await this.sleep(below(this.random, 1000));
    await this.start();
  }

  /**
   * Calls the broker over the network. Undefined: no answer came, and nobody knows what was done. Only requests that carry an epoch of their
   * own may be late: older clients rely on the connection for that.
   */
  call<R>(ask: (life: Life) => Promise<R>, timeoutMs: number, mayBeLate: boolean): Promise<R | undefined> {
    const arrive = (): void => void (this.life !== undefined && ask(this.life).catch(this.#fail));
    return this.transmit(() => this.life, ask, timeoutMs, mayBeLate ? { withinMs: 6000, arrive } : undefined);
  }

  /** A Produce request of one record, as the handler serves it. */
  async produce(
    { transactions, log }: Life,
    participant: Participant,
    partition: number,
    sequence: number,
    tag: string,
  ): Promise<ProduceError> {
    const wanted = { topic: TOPIC, topicId: TOPIC_ID, partition };
    let verdict = transactions.enlist(participant, wanted);
    for (let waits = 0; verdict instanceof Promise && waits < MAX_WAITS; waits++) {
      await verdict;
      verdict = transactions.enlist(participant, wanted);
    }
    if (verdict instanceof Promise) return 'CONCURRENT_TRANSACTIONS';
    if (verdict !== 'NONE') return verdict;
    try {
      await log.produce(partition, participant, sequence, tag, participant.adds ? 'transaction' : 'client').durable;
      return 'NONE';
    } catch (error) {
      if (error instanceof LogError) return error.code;
      throw error;
    }
  }
}
