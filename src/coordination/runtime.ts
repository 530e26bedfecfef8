import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { type Random, randomUuid } from '../base/random.ts';
import { SqlUnavailable } from '../metadata/errors.ts';
import type { SqlEngine } from '../metadata/types.ts';
import type { Decision, GroupLane, Task } from './lane.ts';
import { GroupLanes } from './lanes.ts';
import type {
  AnyGroup,
  Environment,
  GroupError,
  GroupRecord,
  GroupSettings,
  GroupTopics,
  Step,
  Waiter,
} from './types.ts';

export interface GroupRuntimeOptions {
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: GroupSettings;
  readonly topics: GroupTopics;
  /** Configs that were set for a group (resource GROUP), by Kafka's names. */
  readonly overrides: (groupId: string) => ReadonlyMap<string, string>;
  /** Whether somebody may know of a topic. */
  readonly mayDescribe: Environment['mayDescribe'];
  readonly onRebalanced: () => void;
}

/** What work on a lane comes to. */
export interface Outcome<R> {
  readonly records: readonly GroupRecord[];
  readonly reply: R;
  /** Called when the records are durable, before the reply. */
  readonly done?: () => void;
}

interface Pending {
  readonly resolve: (reply: object) => void;
  readonly fail: (error: GroupError) => object;
}

/** How a client is told of a failed write: storage that fails is Kafka's NOT_COORDINATOR, upon which it looks again. */
function errorOf(error: Error): GroupError {
  return error instanceof SqlUnavailable ? 'NOT_COORDINATOR' : 'UNKNOWN_SERVER_ERROR';
}

/** UUID in the form of RFC 9562, as member ids end with. */
function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * Runs the machines of all groups: gives them requests and timers, makes what they return durable, and only then answers. No promise
 * of it rejects because of bad input or a failed write: the reply holds the error.
 */
export class GroupRuntime {
  readonly lanes: GroupLanes;
  readonly #random: Random;
  readonly #pending = new Map<Waiter, Pending>();
  #nextWaiter = 1;
  #closed = false;

  constructor(options: GroupRuntimeOptions) {
    const { random, logger, ...rest } = options;
    this.#random = random;
    const deliver = (to: Waiter, reply: object): void => this.#deliver(to, reply);
    this.lanes = new GroupLanes({ ...rest, logger: logger.child('coordination'), deliver });
  }

  /** True once `close` was called. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Answers everyone who waits with NOT_COORDINATOR and stops the timers. The groups stay as they are stored. */
  close(): void {
    this.#closed = true;
    this.lanes.stop();
    for (const [waiter, { fail }] of this.#pending) this.#deliver(waiter, fail('NOT_COORDINATOR'));
  }

  /** A fresh UUID, for a step that makes a member id. */
  uuid(): string {
    return uuidText(randomUuid(this.#random));
  }

  /**
   * Gives a request to the machine of its group. `step` is pure, and may be called again when the group's turn has not come yet; its
   * environment has the UUID given. `fail` makes the reply when nothing could be done.
   */
  ask<R extends object>(
    groupId: string,
    step: (group: AnyGroup | undefined, waiter: Waiter, env: Environment) => Step,
    fail: (error: GroupError) => R,
    uuid = '',
  ): Promise<R> {
    if (this.#closed) return Promise.resolve(fail('NOT_COORDINATOR'));
    return new Promise((resolve) => {
      const waiter = this.#nextWaiter++;
      this.#pending.set(waiter, { resolve: resolve as (reply: object) => void, fail });
      this.lanes.step(
        groupId,
        (group) => step(group, waiter, this.lanes.env(groupId, uuid)),
        (error) => this.#deliver(waiter, fail(errorOf(error))),
      );
    });
  }

  #deliver(to: Waiter, reply: object): void {
    const pending = this.#pending.get(to);
    this.#pending.delete(to);
    pending?.resolve(reply);
  }

  /** Work on a group that is no step of its machine, such as a commit. `work` is pure, and may be called twice. */
  task<R>(
    groupId: string,
    kind: Task['kind'],
    work: (lane: GroupLane) => Outcome<R>,
    fail: (error: GroupError) => R,
  ): Promise<R> {
    if (this.#closed) return Promise.resolve(fail('NOT_COORDINATOR'));
    return new Promise((resolve) => {
      const decide = (lane: GroupLane): Decision => {
        const { records, reply, done } = work(lane);
        const apply = (): void => {
          done?.();
          resolve(reply);
        };
        return { records, apply };
      };
      const failed = (cause: Error): void => resolve(fail(errorOf(cause)));
      this.lanes.submit(groupId, (lane) => ({ kind, decide: () => decide(lane), fail: failed }));
    });
  }
}
