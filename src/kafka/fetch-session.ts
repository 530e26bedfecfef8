import { errorCode } from '../../protocol/errors.ts';
import type { FetchPartition, PartitionResult } from './fetch-read.ts';

/** A partition that a session remembers, with what the client was told last. */
export interface CachedPartition extends FetchPartition {
  highWatermark: number;
  logStartOffset: number;
}

function partitionKey(request: { topic: string; topicId: string; partition: number }, byId: boolean): string {
  return `${request.partition}:${byId ? request.topicId : request.topic}`;
}

/** A partition named by a forgotten topic. */
export interface Forgotten {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/**
 * A fetch session (KIP-227): partitions that the client need not name again, and what it knows of them. The order of the
 * partitions is the order in which they are read; who had data goes to the end, so that none starves.
 */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly created: number;
  readonly partitions = new Map<string, CachedPartition>();
  lastUsed: number;
  /** The epoch that the next request must have. */
  epoch = 1;

  constructor(id: number, usesTopicIds: boolean, now: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.created = now;
    this.lastUsed = now;
  }

  /** Takes over what a request adds, changes and forgets. */
  update(requests: readonly FetchPartition[], forgotten: readonly Forgotten[]): void {
    for (const request of requests) {
      const key = partitionKey(request, this.usesTopicIds);
      const known = this.partitions.get(key);
      const { highWatermark, logStartOffset } = known ?? { highWatermark: -1, logStartOffset: -1 };
      this.partitions.set(key, { ...request, highWatermark, logStartOffset });
    }
    for (const partition of forgotten) this.partitions.delete(partitionKey(partition, this.usesTopicIds));
  }

  /** Remembers what a full answer says. */
  remember(results: readonly PartitionResult[]): void {
    for (const { request, highWatermark, logStartOffset } of results) {
      this.partitions.set(partitionKey(request, this.usesTopicIds), { ...request, highWatermark, logStartOffset });
    }
  }

  /** Those results that tell the client something new; they are then remembered. */
  news(results: readonly PartitionResult[]): PartitionResult[] {
    return results.filter((result) => {
      const key = partitionKey(result.request, this.usesTopicIds);
      const cached = this.partitions.get(key);
      if (cached === undefined || !isNews(cached, result)) return false;
      // An error is told again and again, and what comes after it is news.
      cached.highWatermark = result.errorCode === errorCode.NONE ? result.highWatermark : -1;
      cached.logStartOffset = result.logStartOffset;
      if (result.bytes > 0) {
        this.partitions.delete(key);
        this.partitions.set(key, cached);
      }
      return true;
    });
  }

  /** The epoch after `epoch`; it never becomes 0 again, which would ask for a new session. */
  advance(now: number): void {
    this.lastUsed = now;
    this.epoch = this.epoch === 0x7fff_ffff ? 1 : this.epoch + 1;
  }
}

function isNews(cached: CachedPartition, result: PartitionResult): boolean {
  return (
    result.bytes > 0 ||
    result.errorCode !== errorCode.NONE ||
    result.diverging !== undefined ||
    cached.highWatermark !== result.highWatermark ||
    cached.logStartOffset !== result.logStartOffset
  );
}
