import type { Clock, Timer } from '../../base/clock.ts';
import { acknowledge, type AcknowledgeError } from './acknowledge.ts';
import { acquire, type Acquired, type AcquireRequest } from './acquire.ts';
import { canAcquire, moveToLogStart, nextExpiry, nextFetchOffset } from './progress.ts';
import { expireLocks, heldBy, releaseHeld } from './release.ts';
import type { AcknowledgeBatch, ShareEnvironment, ShareLimits, SharePartition } from './types.ts';

/** Pause before an end of locks that could not be written is tried again. */
const RETRY_MS = 1000;

export interface PartitionLaneDependencies {
  readonly clock: Clock;
  /** The limits of the group at this moment. */
  readonly limits: () => ShareLimits;
  /** Makes the state durable. */
  readonly write: (partition: SharePartition) => Promise<void>;
  readonly onWriteFailed: (error: Error) => void;
}

/** What a step came to. `partition` is the state after it; nothing needs to be written unless it is `durable`. */
interface Stepped<R> {
  readonly partition: SharePartition;
  readonly durable: boolean;
  readonly reply: R;
}

/** How an acknowledgement ended. */
export interface AcknowledgeReply {
  readonly error: AcknowledgeError | 'NONE';
  readonly message: string | null;
}

const ACKNOWLEDGED: AcknowledgeReply = { error: 'NONE', message: null };

interface Task {
  readonly step: (partition: SharePartition) => Stepped<unknown>;
  readonly done: (reply: unknown) => void;
  readonly fail: (error: Error) => void;
}

/**
 * One share partition in memory. What is handed out needs no write, since a restart takes it back: it happens at once. What is given back is
 * written first: at most one write is under way, and all that wait share the next one. Steps are pure and run twice, to learn what to write and, when that is
 * durable, on the state as it is then; what was handed out meanwhile touches nothing that they change.
 */
export class PartitionLane {
  readonly #deps: PartitionLaneDependencies;
  readonly #waiting: Task[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #idle: (() => void)[] = [];
  #partition: SharePartition;
  #writing = false;
  #expiry: { at: number; timer: Timer } | undefined;
  #closed = false;
  /** True until something was given back. */
  fresh: boolean;
  /** True while somebody reads the log for this partition: nobody else may, or both would find the same records. */
  reading = false;

  constructor(deps: PartitionLaneDependencies, partition: SharePartition, fresh: boolean) {
    this.#deps = deps;
    this.#partition = partition;
    this.fresh = fresh;
  }

  get partition(): SharePartition {
    return this.#partition;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** True while a member holds records. */
  get isHeld(): boolean {
    return nextExpiry(this.#partition) !== undefined;
  }

  get nextFetchOffset(): number {
    return nextFetchOffset(this.#partition);
  }

  /** True when something could be handed out, if the log has it. */
  get canAcquire(): boolean {
    return !this.reading && canAcquire(this.#partition, this.#deps.limits().maxInFlight);
  }

  /** Calls `listener` whenever more may be handed out than before, until the returned function is called. */
  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hands out what was read; nothing when it was closed meanwhile. */
  acquire(request: AcquireRequest): Acquired {
    if (this.#closed) return { partition: this.#partition, ranges: [], count: 0, alone: false };
    const acquired = acquire(this.#partition, request, this.#env());
    this.#become(acquired.partition);
    return acquired;
  }

  /** Replaces the state by one that needs no write: the next start comes to the same. */
  settle(change: (partition: SharePartition) => SharePartition): void {
    this.#become(change(this.#partition));
  }

  /** The log has lost what is before `logStart`. */
  moveToLogStart(logStart: number): void {
    this.#become(moveToLogStart(this.#partition, logStart));
  }

  /** Ends the reading of the log. */
  endReading(): void {
    this.reading = false;
    this.#tell();
  }

  /** Acknowledges records; resolves when that is durable. Rejects when it cannot be written. */
  acknowledge(memberId: string, batches: readonly AcknowledgeBatch[]): Promise<AcknowledgeReply> {
    return this.#submit<AcknowledgeReply>((partition) => {
      const done = acknowledge(partition, memberId, batches, this.#env());
      if (!('partition' in done)) return { partition, durable: false, reply: done };
      return { partition: done.partition, durable: done.durable, reply: ACKNOWLEDGED };
    });
  }

  /** Gives back what a member holds at this moment. */
  release(memberId: string): Promise<void> {
    const held = heldBy(this.#partition, memberId);
    return this.#submit((partition) =>
      changed(partition, releaseHeld(partition, held, this.#env().limits.maxDeliveries)),
    );
  }

  /** Refuses everything from now on and resolves when nothing is being written any more. */
  close(): Promise<void> {
    this.#closed = true;
    this.#expiry?.timer.cancel();
    const closed = new Error('the share partition is closed');
    for (const task of this.#waiting.splice(0)) task.fail(closed);
    this.#tell();
    return this.#writing ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #env(): ShareEnvironment {
    return { now: this.#deps.clock.monotonic(), limits: this.#deps.limits() };
  }

  #submit<R>(step: (partition: SharePartition) => Stepped<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const task: Task = { step, done: (reply) => resolve(reply as R), fail: reject };
      if (this.#closed) {
        task.fail(new Error('the share partition is closed'));
        return;
      }
      this.#waiting.push(task);
      if (!this.#writing) this.#drain();
    });
  }

  #drain(): void {
    const tasks = this.#waiting.splice(0);
    if (tasks.length === 0) return;
    let after = this.#partition;
    let durable = false;
    for (const { step } of tasks) {
      const stepped = step(after);
      after = stepped.partition;
      durable ||= stepped.durable;
    }
    if (!durable) {
      this.#apply(tasks);
      return;
    }
    this.#writing = true;
    const written = this.#deps.write(after).then(
      () => {
        this.fresh = false;
        this.#apply(tasks);
      },
      (error: Error) => {
        this.#deps.onWriteFailed(error);
        for (const { fail } of tasks) fail(error);
      },
    );
    void written.finally(() => {
      this.#writing = false;
      for (const idle of this.#idle.splice(0)) idle();
      this.#drain();
    });
  }

  #apply(tasks: readonly Task[]): void {
    let after = this.#partition;
    const replies = tasks.map(({ step }) => {
      const stepped = step(after);
      after = stepped.partition;
      return stepped.reply;
    });
    this.#become(after);
    for (const [index, { done }] of tasks.entries()) done(replies[index]);
  }

  #become(after: SharePartition): void {
    const before = this.#partition;
    if (after === before || this.#closed) return;
    this.#partition = after;
    this.#arm();
    if (nextFetchOffset(after) !== nextFetchOffset(before) || after.start !== before.start) this.#tell();
  }

  #tell(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }

  /** One timer, for the first lock that ends. */
  #arm(): void {
    const at = nextExpiry(this.#partition);
    if (at === this.#expiry?.at) return;
    this.#expiry?.timer.cancel();
    this.#expiry = at === undefined ? undefined : { at, timer: this.#timer(at - this.#deps.clock.monotonic()) };
  }

  #timer(delayMs: number): Timer {
    return this.#deps.clock.after(Math.max(0, Math.ceil(delayMs)), () => {
      this.#expiry = undefined;
      const ended = this.#submit((partition) =>
        changed(partition, expireLocks(partition, this.#deps.clock.monotonic(), this.#env().limits.maxDeliveries)),
      );
      const again = (): void => {
        if (!this.#closed) this.#expiry = { at: -1, timer: this.#timer(RETRY_MS) };
      };
      // A lock that was renewed meanwhile has not ended: its time comes later.
      void ended.then(() => this.#arm(), again);
    });
  }
}

function changed(before: SharePartition, after: SharePartition): Stepped<void> {
  return { partition: after, durable: after !== before, reply: undefined };
}
