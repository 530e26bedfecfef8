import { buildBatch } from '../protocol/records/index.ts';
import { type Clock, sleep, type Timer } from '../src/base/clock.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { silentLogger } from '../src/base/logger.ts';
import { below, type Random, seededRandom, uuidToString } from '../src/base/random.ts';
import type { LocalLog } from '../src/log/local-log.ts';
import { openLog } from '../src/log/open.ts';
import { defaultLogSettings, type PartitionFacts } from '../src/log/options.ts';
import type { LogConfig, PartitionLog } from '../src/log/types.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import { type DiskFaults, SimulatedDisk, systemError } from './disk.ts';
import type { ManualClock } from './groups-clock.ts';
import type { LogBug } from './log-bugs.ts';
import { LogChecks, type Seen } from './log-checks.ts';
import { SimulatedPacks } from './log-cold.ts';
import type { LogPlan } from './log-plan.ts';
import { topicConfig } from './topic-config.ts';
import { silentMetrics } from './silent-metrics.ts';

const TOPIC = 'orders';
const TOPIC_ID = uuidToString(new Uint8Array(16).fill(7));

const config: LogConfig = { ...topicConfig, timestampAfterMaxMs: Number.MAX_SAFE_INTEGER };

/** One run of the broker: from a start to a crash. Its timers end with it. */
export class Life {
  readonly clock: Clock;
  ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    const timers = new Set<Timer>();
    this.#waiting.add(() => {
      for (const timer of timers) timer.cancel();
    });
    this.clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delay, task) => {
        if (this.ended) return { cancel() {} };
        const timer = clock.after(delay, () => {
          timers.delete(timer);
          task();
        });
        timers.add(timer);
        return timer;
      },
    };
  }

  end(): void {
    this.ended = true;
    for (const done of this.#waiting) done();
  }

  /** What `promise` gives, or undefined when the life ends first. */
  async within<T>(promise: Promise<T>): Promise<T | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    const done = (): void => resolve(undefined);
    this.#waiting.add(done);
    try {
      const result = await Promise.race([promise, ended]);
      return this.ended ? undefined : result;
    } catch (error) {
      if (this.ended) return undefined;
      throw error;
    } finally {
      this.#waiting.delete(done);
    }
  }
}

/** The broker under test with its disk, its packs and its SQL, the faults of all, and the checks. */
export class LogWorld {
  readonly plan: LogPlan;
  readonly bug: LogBug;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly disk = new SimulatedDisk();
  readonly packs: SimulatedPacks;
  readonly checks: LogChecks;
  /** Log starts in SQL. */
  readonly #logStarts: number[];
  /** False when all faults have ended. */
  faulty = true;
  /** Clients send nothing new. */
  stopping = false;
  restarts = 0;
  #life: Life;
  #log: LocalLog | undefined;
  #up = Promise.withResolvers<void>();
  readonly #fail: (error: unknown) => void;

  constructor(plan: LogPlan, bug: LogBug, clock: ManualClock, random: Random, fail: (error: unknown) => void) {
    this.plan = plan;
    this.bug = bug;
    this.clock = clock;
    this.random = random;
    this.#fail = fail;
    this.#life = new Life(clock);
    this.checks = new LogChecks(plan.partitions);
    this.#logStarts = Array.from({ length: plan.partitions }, () => 0);
    this.packs = new SimulatedPacks(() => this.sleep(below(random, 3)));
    this.disk.faults = this.#faults();
  }

  sleep(ms: number): Promise<boolean> {
    return sleep(this.clock, ms);
  }

  chance(probability: number): boolean {
    return this.random.float() < probability;
  }

  #faults(): DiskFaults {
    const { plan, disk } = this;
    const isFull = (growth: number): boolean => this.faulty && growth > 0 && disk.used + growth > plan.capacity;
    const strike = (probability: number): boolean => this.faulty && probability > 0 && this.chance(probability);
    const sync = async (path: string): Promise<void> => {
      await this.sleep(below(this.random, plan.syncMs + 1));
      if (strike(plan.failedSync)) throw systemError('EIO', path);
    };
    return {
      beforeWrite(path, _bytes, growth) {
        if (strike(plan.failedWrite)) throw systemError('EIO', path);
        if (isFull(growth)) throw systemError('ENOSPC', path);
      },
      beforeRead(path) {
        if (strike(plan.failedRead)) throw systemError('EIO', path);
      },
      beforeChange() {},
      sync: (path) => this.bug.sync?.(sync, path, this) ?? sync(path),
    };
  }

  /** The broker that runs, if one does. */
  get log(): LocalLog | undefined {
    return this.#log;
  }

  /** The broker that runs, with its life; waits while none does. */
  async running(): Promise<{ log: LocalLog; life: Life }> {
    for (;;) {
      if (this.#log !== undefined) return { log: this.#log, life: this.#life };
      await this.#up.promise;
    }
  }

  partition(log: LocalLog, number: number): PartitionLog {
    const partition = log.partition(TOPIC, number)!;
    return this.bug.partition?.(partition, this) ?? partition;
  }

  /** Starts the broker, again and again until it comes up. */
  async start(): Promise<void> {
    for (;;) {
      const life = new Life(this.clock);
      this.#life = life;
      try {
        const log = await life.within(this.#open(life));
        if (log !== undefined) {
          this.#log = log;
          this.#observe(log);
          this.#up.resolve();
          return;
        }
      } catch (error) {
        if (!isOfTheWorld(error)) throw error;
        this.disk.kill();
        life.end();
      }
      await this.sleep(20);
    }
  }

  #open(life: Life): Promise<LocalLog> {
    const { plan, disk, random, packs, bug } = this;
    const facts = this.#logStarts.map((logStartOffset, partition): PartitionFacts => {
      const [packedUpTo, packedBytes] = [packs.packedUpTo(partition), packs.packedBytes(partition)];
      return { topicId: TOPIC_ID, partition, logStartOffset, packedUpTo, packedBytes };
    });
    const retention = { ...config, retentionBytes: plan.retentionBytes };
    const real = seededRandom(Math.floor(random.float() * 2 ** 32));
    return openLog({
      folder: '/wal',
      disk: bug.disk?.(disk, this) ?? disk,
      clock: life.clock,
      random: bug.random?.(real) ?? real,
      logger: silentLogger,
      metrics: silentMetrics,
      processes: { self: '1 1', alive: () => false },
      codecs: NO_CODECS,
      topics: [{ name: TOPIC, topicId: TOPIC_ID, partitions: plan.partitions, config: retention }],
      facts,
      cold: packs,
      saveLogStart: (_topicId, partition, offset) => this.#saveLogStart(partition, offset),
      minimumSequence: 0,
      defer: (task) => void life.clock.after(0, task),
      settings: {
        ...defaultLogSettings,
        sealBytes: plan.sealBytes,
        sealAgeMs: plan.sealAgeMs,
        spareFiles: plan.spareFiles,
        recycledFiles: plan.spareFiles,
        tailMaxBytes: plan.tailMaxBytes,
        lingerMs: plan.lingerMs,
        indexCacheBytes: plan.indexCacheBytes,
        retentionCheckIntervalMs: 100,
        producerIdExpirationMs: 3_600_000,
        maxQueueBytes: 100_000,
      },
    }).then((log) => {
      // A start that outlived its life is not the broker's.
      if (life.ended) throw systemError('EBADF', '/wal');
      return log;
    });
  }

  async #saveLogStart(partition: number, offset: number): Promise<void> {
    this.checks.askStart(partition, offset);
    await this.sleep(below(this.random, 4));
    if (this.bug.saveLogStart !== false) this.#logStarts[partition] = Math.max(this.#logStarts[partition]!, offset);
    this.packs.forgetBefore(partition, this.#logStarts[partition]!);
    await this.sleep(below(this.random, 4));
  }

  #observe(log: LocalLog): void {
    for (let number = 0; number < this.plan.partitions; number++)
      this.checks.watermarks(number, log.partition(TOPIC, number)!);
  }

  /** Ends the broker: the process alone, or the machine. */
  crash(): void {
    this.restarts += 1;
    if (this.#log !== undefined) {
      this.#log = undefined;
      this.#up = Promise.withResolvers<void>();
    }
    const { plan, random, disk } = this;
    if (this.chance(plan.cuts)) disk.cut({ random, kept: plan.kept, garbage: plan.garbage });
    else disk.kill();
    this.#life.end();
  }

  /** Cuts the power, keeps nothing that was not durable, and starts the broker. */
  async restart(): Promise<LocalLog> {
    this.#log = undefined;
    this.#up = Promise.withResolvers<void>();
    this.disk.cut({ random: this.random, kept: 0, garbage: 0 });
    this.#life.end();
    await this.start();
    return (await this.running()).log;
  }

  /** Ends the broker as an operator does. */
  async stop(): Promise<void> {
    const log = this.#log;
    const life = this.#life;
    if (log === undefined) return;
    this.#log = undefined;
    this.#up = Promise.withResolvers<void>();
    await life.within(log.close()).catch(() => {});
    if (life.ended) return;
    this.restarts += 1;
    this.disk.kill();
    life.end();
  }

  /** Crashes the broker now and then, and starts it again; also whenever its WAL has stopped. */
  async supervise(): Promise<void> {
    let next = this.clock.now() + below(this.random, this.plan.crashMs);
    for (;;) {
      await this.sleep(1 + below(this.random, 10));
      const due = this.faulty && this.clock.now() >= next;
      const failed = this.#log?.failure !== undefined;
      if (!due && !failed) continue;
      next = this.clock.now() + below(this.random, this.plan.crashMs);
      if (!failed && this.chance(0.1)) await this.stop();
      else this.crash();
      const starting = this.start();
      // Sometimes the next crash comes while it starts.
      while (this.faulty && this.#log === undefined && this.chance(0.3)) {
        await this.sleep(below(this.random, 30));
        if (this.#log === undefined) this.crash();
      }
      await starting;
    }
  }

  /** Runs a client for ever; its end is a fault. */
  run(client: () => Promise<void>): void {
    client().catch(this.#fail);
  }

  /** A batch as a client sends it, from scratch each time: the log writes into it. */
  batchOf(records: readonly Seen[], producer: { id: number; epoch: number; sequence: number } | undefined): Uint8Array {
    const text = new TextEncoder();
    const values = records.map(({ value, timestamp }) => {
      const kind = (value.length * 7919 + timestamp) % 17;
      const padding = ' '.padEnd(kind === 0 ? 5000 : kind ** 2 * 2, 'x');
      return { timestamp, key: null, value: text.encode(value + padding) };
    });
    const options =
      producer === undefined
        ? { baseOffset: 0 }
        : { baseOffset: 0, producerId: producer.id, producerEpoch: producer.epoch, baseSequence: producer.sequence };
    return buildBatch(options, values, NO_CODECS, crc32c);
  }
}

/** Errors of disks, not of programs. */
export function isOfTheWorld(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause as Error | undefined)
    if (['EIO', 'ENOSPC', 'EBADF'].includes((one as NodeJS.ErrnoException).code ?? '')) return true;
  return false;
}
