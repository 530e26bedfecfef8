import { noLog } from './share-settings.ts';
import { createMetrics } from '../src/base/metrics.ts';
import { silentLogger } from '../src/base/logger.ts';
import { below, type Random } from '../src/base/random.ts';
import type { GroupCoordinator, GroupCoordinatorOptions } from '../src/coordination/coordinator.ts';
import type { GroupSettings, GroupTopics } from '../src/coordination/types.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { GroupChecks } from './groups-checks.ts';
import type { ManualClock } from './groups-clock.ts';
import { FaultyStore, MortalClock, type StoreFaults } from './groups-store.ts';
import { Network, type NetworkFaults } from './network.ts';

/** Opens a coordinator: the real one, or one with a planted bug. */
export type OpenCoordinator = (options: GroupCoordinatorOptions) => Promise<GroupCoordinator>;

export interface WorldFaults extends StoreFaults, NetworkFaults {}

/** What the consumers of a run ask for, ms. */
export interface Timeouts {
  readonly sessionMs: number;
  readonly rebalanceMs: number;
}

export const PARTITIONS = 4;
export const TOPIC = 'topic';
export const GROUP = 'group';

export const NO_TOPICS: GroupTopics = {
  byName: () => undefined,
  byId: () => undefined,
  all: () => [],
  version: () => 0,
};

interface Life {
  readonly coordinator: GroupCoordinator;
  readonly store: FaultyStore;
  readonly clock: MortalClock;
  /** Resolved when this life ends. */
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** The broker and the network between it and its clients. */
export class World extends Network<WorldFaults> {
  readonly timeouts: Timeouts;
  readonly checks = new GroupChecks();
  readonly #sql: SqlEngine;
  readonly #open: OpenCoordinator;
  readonly #settings: GroupSettings;
  readonly #onViolation: (error: unknown) => void;
  readonly #topics: GroupTopics;
  #life: Life | undefined;
  restarts = 0;

  constructor(
    clock: ManualClock,
    random: Random,
    sql: SqlEngine,
    faults: WorldFaults,
    timeouts: Timeouts,
    settings: GroupSettings,
    open: OpenCoordinator,
    onViolation: (error: unknown) => void,
    topics: GroupTopics = NO_TOPICS,
  ) {
    super(clock, random, faults);
    this.timeouts = timeouts;
    this.#sql = sql;
    this.#settings = settings;
    this.#open = open;
    this.#onViolation = onViolation;
    this.#topics = topics;
  }

  get coordinator(): GroupCoordinator | undefined {
    return this.#life?.coordinator;
  }

  async start(): Promise<void> {
    const clock = new MortalClock(this.clock);
    const store = new FaultyStore(this.#sql, clock, this.random, this.faults);
    const coordinator = await this.openOn(store, clock);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#life = { coordinator, store, clock, ended: promise, end: resolve };
    coordinator.start();
  }

  openOn(sql: SqlEngine, clock: GroupCoordinatorOptions['clock']): Promise<GroupCoordinator> {
    const { random } = this;
    const settings = this.#settings;
    const options = { sql, clock, random, logger: silentLogger, metrics: createMetrics(), settings };
    return this.#open({
      ...options,
      topics: this.#topics,
      log: noLog,
      overrides: () => new Map(),
      mayDescribe: () => true,
    });
  }

  /** What is stored, as a coordinator of its own that nobody asks. */
  stored(): Promise<GroupCoordinator> {
    return this.openOn(this.#sql, new MortalClock(this.clock));
  }

  /** Stops the broker, in good order or by a crash, and starts it again after a while. */
  async restart(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.restarts++;
    if (this.chance(0.3)) void life.coordinator.close();
    life.clock.end();
    await life.store.crash();
    life.end();
    await this.sleep(below(this.random, 2000));
    await this.start();
  }

  /** Calls the coordinator over the network. Undefined: no answer came, and nobody knows what was done. */
  call<R>(ask: (coordinator: GroupCoordinator) => Promise<R>, timeoutMs: number): Promise<R | undefined> {
    const asked = (life: Life): Promise<R> => ask(life.coordinator);
    return this.transmit(() => this.#life, asked, timeoutMs, {
      withinMs: 12_000,
      arrive: (life) => void (life === this.#life && asked(life).catch(this.#onViolation)),
    });
  }
}
