import { errorCode } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { ShareCoordinator } from '../coordination/share/coordinator.ts';
import type { Isolation, Log, ReadLease } from '../log/types.ts';
import type { MemoryBudget } from './budget.ts';
import { responseErrorOf } from './errors.ts';
import {
  type Given,
  joined,
  NOTHING,
  readableFrom,
  readAndGive,
  type SharedPartition,
  type Wanted,
} from './share-read.ts';

/** What a share fetch asks for. */
export interface ShareFetchRequest {
  readonly groupId: string;
  readonly memberId: string;
  /** The partitions that exist and may be read, in the order of reading. */
  readonly partitions: readonly Pick<SharedPartition, 'topicId' | 'partition' | 'log'>[];
  readonly isolation: Isolation;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly batchSize: number;
  readonly recordLimit: boolean;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Begins a lease that holds until the answer is sent; called again when a first try gave nothing. */
  readonly beginRead: () => ReadLease;
}

/** What a partition answers. */
export interface ShareResult {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly given: Given;
}

/** Bytes that are read of a partition at once. */
const PIECE_BYTES = 1024 * 1024;

/** What the fetcher needs. */
export interface ShareFetchDependencies {
  readonly log: Log;
  readonly share: ShareCoordinator;
  readonly memory: MemoryBudget;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads share partitions for members of share groups, and waits where there is nothing to hand out. */
export class ShareFetcher {
  readonly #deps: ShareFetchDependencies;

  constructor(deps: ShareFetchDependencies) {
    this.#deps = deps;
  }

  /** The partitions that have something for the member, or an error. */
  async fetch(request: ShareFetchRequest): Promise<ShareResult[]> {
    const { signal, maxWaitMs, maxRecords, maxBytes } = request;
    const { opened, failed } = await this.#open(request);
    if (maxRecords <= 0 || maxBytes <= 0 || opened.length === 0) return failed;
    const deadline = this.#deps.clock.monotonic() + maxWaitMs;
    for (;;) {
      const isLast = failed.length > 0 || signal.aborted || this.#deps.clock.monotonic() >= deadline;
      if (signal.aborted) return failed;
      if (isLast || this.#hasEnough(opened, request)) {
        const lease = request.beginRead();
        const results = await this.#round(opened, request, lease);
        if (results.length > 0 || isLast) return [...failed, ...results];
        lease.end();
      }
      await this.#change(opened, request, deadline);
    }
  }

  /** The share partitions of the request, in its order. Those that are not in memory are read together. */
  async #open({
    groupId,
    partitions,
  }: ShareFetchRequest): Promise<{ opened: SharedPartition[]; failed: ShareResult[] }> {
    const opened: SharedPartition[] = [];
    const failed: ShareResult[] = [];
    const lanes = partitions.map(async ({ log }) => this.#deps.share.open(groupId, log));
    for (const [index, lane] of (await Promise.allSettled(lanes)).entries()) {
      const { topicId, partition, log } = partitions[index]!;
      if (lane.status === 'fulfilled' && lane.value !== undefined)
        opened.push({ topicId, partition, log, lane: lane.value });
      else {
        const code =
          lane.status === 'rejected'
            ? responseErrorOf(lane.reason, log, this.#deps.logger).code
            : errorCode.UNKNOWN_SERVER_ERROR;
        failed.push({ topicId, partition, errorCode: code, given: NOTHING });
      }
    }
    return { opened, failed };
  }

  /** Whether what can be handed out comes to the wanted bytes. What is not in memory is more than anyone waits for. */
  #hasEnough(opened: readonly SharedPartition[], { minBytes, maxBytes, isolation }: ShareFetchRequest): boolean {
    let bytes = 0;
    for (const shared of opened) {
      const from = readableFrom(shared, isolation);
      if (from === undefined) continue;
      // One byte is what nearly everyone waits for: the offsets alone tell.
      if (minBytes <= 1) return true;
      const lease = this.#deps.log.beginRead();
      const end = (): void => lease.end();
      try {
        const read = shared.log.read(from, Math.min(maxBytes, minBytes + PIECE_BYTES), isolation, true, lease);
        if (read instanceof Promise) {
          read.then(end, end);
          return true;
        }
        bytes += read.bytes;
        end();
      } catch {
        // The real read reports it.
        end();
        return true;
      }
      if (bytes >= minBytes) return true;
    }
    return false;
  }

  async #round(
    opened: readonly SharedPartition[],
    request: ShareFetchRequest,
    lease: ReadLease,
  ): Promise<ShareResult[]> {
    const { isolation, maxRecords } = request;
    const ready = opened.filter((shared) => readableFrom(shared, isolation) !== undefined);
    const part = Math.floor(request.maxBytes / Math.max(1, ready.length));
    const results: ShareResult[] = [];
    let count = 0;
    let bytes = 0;
    for (const shared of ready) {
      if (count >= maxRecords) break;
      const { topicId, partition } = shared;
      try {
        const room = { maxBytes: part, maxRecords: maxRecords - count, atLeastOne: bytes === 0 };
        const given = await this.#give(shared, room, request, lease);
        count += given.count;
        bytes += given.bytes;
        if (given.ranges.length > 0) results.push({ topicId, partition, errorCode: errorCode.NONE, given });
      } catch (error) {
        const { code } = responseErrorOf(error, shared.log, this.#deps.logger);
        results.push({ topicId, partition, errorCode: code, given: NOTHING });
      }
    }
    return results;
  }

  /**
   * Reads a partition piece by piece, since nobody knows beforehand in how many bytes the wanted records are.
   */
  async #give(
    shared: SharedPartition,
    room: Pick<Wanted, 'maxBytes' | 'maxRecords' | 'atLeastOne'>,
    request: ShareFetchRequest,
    lease: ReadLease,
  ): Promise<Given> {
    const { memberId, recordLimit, batchSize, isolation } = request;
    let given = NOTHING;
    for (;;) {
      // Others may have been faster while this one read from the disk.
      const from = readableFrom(shared, isolation);
      const bytesLeft = this.#deps.memory.exhausted ? 0 : room.maxBytes - given.bytes;
      const atLeastOne = room.atLeastOne && given.bytes === 0;
      if (from === undefined || (bytesLeft <= 0 && !atLeastOne)) return given;
      const follows = given.count > 0;
      const limits = { maxBytes: Math.min(Math.max(0, bytesLeft), PIECE_BYTES), atLeastOne, follows };
      const wanted = {
        memberId,
        recordLimit,
        batchSize,
        isolation,
        maxRecords: room.maxRecords - given.count,
        ...limits,
      };
      const more = await this.#read(shared, from, wanted, request, lease);
      given = joined(given, more);
      const isFull = given.count >= room.maxRecords || more.count === 0;
      if (isFull || given.alone) return given;
    }
  }

  /** One read; its bytes count against the memory of answers while it is under way. */
  #read(
    shared: SharedPartition,
    from: number,
    wanted: Wanted,
    { signal }: ShareFetchRequest,
    lease: ReadLease,
  ): Given | Promise<Given> {
    const given = readAndGive(shared, from, wanted, lease, () => signal.aborted);
    if (!(given instanceof Promise)) return given;
    const { memory } = this.#deps;
    memory.take(wanted.maxBytes);
    return given.finally(() => memory.release(wanted.maxBytes));
  }

  /** Resolves when a log has more, when something was given back, at the deadline, or when the client is gone. Nothing is polled. */
  #change(opened: readonly SharedPartition[], { signal }: ShareFetchRequest, deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const cancels: (() => void)[] = [];
      const finish = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', finish);
        for (const cancel of cancels.splice(0)) cancel();
        resolve();
      };
      const timer = this.#deps.clock.after(Math.max(0, deadline - this.#deps.clock.monotonic()), finish);
      signal.addEventListener('abort', finish, { once: true });
      for (const { log, lane } of opened) cancels.push(log.onAdvance(finish), lane.onAvailable(finish));
      if (signal.aborted) finish();
    });
  }
}
