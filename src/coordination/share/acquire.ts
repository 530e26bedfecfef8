import { batchOf, changeRange, overlapping, run, unreadBatch } from './batches.ts';
import { archiveMissing, inFlight } from './progress.ts';
import { acquireSubset, mustThrottle } from './redeliver.ts';
import type { AcquiredRange, Batch, Run, ShareEnvironment, SharePartition } from './types.ts';

/** Offsets of one batch of the log. */
export interface LogBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
}

/** What was read of the log for a member, and how much of it the member wants. */
export interface AcquireRequest {
  readonly memberId: string;
  /** Never more than `maxRecords`, instead of whole batches (KIP-1206). */
  readonly recordLimit: boolean;
  /** Records after which acquired ranges are cut, at the next batch of the log. */
  readonly batchSize: number;
  readonly maxRecords: number;
  /** The member gets records of the partition already: those that failed often, which go out alone, wait for another time. */
  readonly follows: boolean;
  /** Where the log was read: the next fetch offset at that time. */
  readonly fetchOffset: number;
  /** In offset order, at least one. */
  readonly read: readonly LogBatch[];
}

export interface Acquired {
  readonly partition: SharePartition;
  readonly ranges: readonly AcquiredRange[];
  /** Offsets in the ranges. */
  readonly count: number;
  /** What failed often is handed out alone: nothing more of the partition may go out with it. */
  readonly alone: boolean;
}

/** How far a request may reach and how many records it may take. */
interface Reach {
  readonly last: number;
  readonly most: number;
}

/** A step in the making. */
interface Draft {
  readonly request: AcquireRequest;
  readonly env: ShareEnvironment;
  readonly reach: Reach;
  partition: SharePartition;
  readonly ranges: AcquiredRange[];
  count: number;
  /** Nothing more is handed out: what has failed often goes out alone. */
  stopped: boolean;
}

/**
 * The flight is limited as a window. When it is full, what was released within it can still be handed out, but nothing after it.
 */
function reachOf(partition: SharePartition, request: AcquireRequest, maxInFlight: number): Reach {
  const { fetchOffset, maxRecords, read } = request;
  const last = read.at(-1)!.lastOffset;
  const most = Math.min(maxRecords, maxInFlight - inFlight(partition));
  if (most > 0 || fetchOffset >= partition.next) return { last, most };
  return { last: Math.min(last, partition.next - 1), most: Math.min(maxRecords, partition.next - fetchOffset) };
}

function give(draft: Draft, ranges: readonly AcquiredRange[]): void {
  draft.ranges.push(...ranges);
  for (const { first, last } of ranges) draft.count += last - first + 1;
}

function lock(draft: Draft, { first, last, deliveryCount }: AcquiredRange): Run {
  const { env, request } = draft;
  const lockedUntil = env.now + env.limits.lockMs;
  return { first, last, state: 'acquired', deliveryCount, owner: request.memberId, lockedUntil };
}

/** The end of the log's batch that holds `offset`, or `offset` where none does. */
function endOfLogBatch(read: readonly LogBatch[], offset: number): number {
  const holding = read.findLast(({ baseOffset }) => baseOffset <= offset);
  return holding !== undefined && offset <= holding.lastOffset ? holding.lastOffset : offset;
}

/** Ranges of [first, last], cut before the log's batch with which `batchSize` records are reached. */
function cutBySize(first: number, last: number, { read, batchSize, recordLimit }: AcquireRequest): AcquiredRange[] {
  const ranges: AcquiredRange[] = [];
  let from = first;
  if (!recordLimit && last - first + 1 > batchSize) {
    for (const { baseOffset } of read) {
      if (baseOffset > last) break;
      if (baseOffset - from < batchSize) continue;
      ranges.push({ first: from, last: baseOffset - 1, deliveryCount: 1 });
      from = baseOffset;
    }
  }
  ranges.push({ first: from, last, deliveryCount: 1 });
  return ranges;
}

/** Batches for offsets that nobody had before, from `first` to at most `last`: whole batches of the log, up to `limit` records or just above. */
function firstDelivery(draft: Draft, first: number, last: number): Batch[] {
  const { request, reach } = draft;
  const limit = reach.most - draft.count;
  const end = limit < last - first + 1 ? Math.min(last, endOfLogBatch(request.read, first + limit - 1)) : last;
  if (request.recordLimit && end - first + 1 > limit) {
    const range = { first, last: first + limit - 1, deliveryCount: 1 };
    give(draft, [range]);
    return [{ first, last: end, runs: [lock(draft, range), run(range.last + 1, end, 'available', 0)], unread: false }];
  }
  const ranges = cutBySize(first, end, request);
  give(draft, ranges);
  return ranges.map((range) => batchOf(lock(draft, range)));
}

/** Hands out the beginning of a range that the stored state did not know; the rest of it stays unread. */
function acquireUnread(draft: Draft, gap: Batch): void {
  const first = Math.max(gap.first, draft.request.read[0]!.baseOffset, draft.partition.start);
  const last = Math.min(gap.last, draft.reach.last);
  if (first > last) return;
  const fresh = firstDelivery(draft, first, last);
  const end = fresh.at(-1)!.last;
  const around = [
    ...(gap.first < first ? [unreadBatch(gap.first, first - 1)] : []),
    ...fresh,
    ...(gap.last > end ? [unreadBatch(end + 1, gap.last)] : []),
  ];
  const batches = draft.partition.batches.flatMap((batch) => (batch === gap ? around : [batch]));
  draft.partition = { ...draft.partition, batches };
}

/** Hands out what is available in a batch that was handed out before. */
function acquireAgain(draft: Draft, batch: Batch): void {
  const { request, reach, env } = draft;
  const base = request.read[0]!.baseOffset;
  const wanted = { first: Math.max(base, draft.partition.start), last: reach.last };
  const room = reach.most - draft.count;
  const throttled = mustThrottle(batch, wanted, env.limits.maxDeliveries);
  if (throttled && (draft.count > 0 || request.follows)) {
    draft.stopped = true;
    return;
  }
  const limit = request.recordLimit ? room : Number.MAX_SAFE_INTEGER;
  const ranges = acquireSubset(batch, wanted, limit, env.limits.maxDeliveries);
  give(draft, ranges);
  for (const range of ranges)
    draft.partition = changeRange(draft.partition, range.first, range.last, () => lock(draft, range));
  if (throttled && ranges.length > 0) draft.stopped = true;
}

/** Hands out offsets after the flight. The first flight begins at what was found, whatever the start was before. */
function extend(draft: Draft, first: number, last: number): void {
  const { partition } = draft;
  if (first > last) return;
  const fresh = firstDelivery(draft, first, last);
  draft.partition = {
    start: partition.batches.length === 0 ? first : partition.start,
    next: fresh.at(-1)!.last + 1,
    batches: [...partition.batches, ...fresh],
  };
}

/**
 * Hands records that were read to a member. What comes into flight for the first time does so by whole batches of the log, so that the
 * last of them may go beyond `maxRecords` (but not with `recordLimit`). What was released is handed out by the batches that it came into flight with;
 * records that failed often are isolated (KIP-1191).
 */
export function acquire(before: SharePartition, request: AcquireRequest, env: ShareEnvironment): Acquired {
  const reach = reachOf(before, request, env.limits.maxInFlight);
  if (request.maxRecords <= 0 || reach.most <= 0) return { partition: before, ranges: [], count: 0, alone: false };
  const base = request.read[0]!.baseOffset;
  const partition = archiveMissing(before, request.fetchOffset, base);
  const draft: Draft = { request, env, reach, partition, ranges: [], count: 0, stopped: false };
  const known = overlapping(partition, base, reach.last);
  for (const batch of known) {
    if (draft.stopped || draft.count >= reach.most) break;
    if (batch.unread) acquireUnread(draft, batch);
    else acquireAgain(draft, batch);
  }
  const end = known.at(-1)?.last ?? -1;
  if (!draft.stopped && draft.count < reach.most && end < reach.last)
    extend(draft, Math.max(base, partition.next, partition.start), reach.last);
  return { partition: draft.partition, ranges: draft.ranges, count: draft.count, alone: draft.stopped };
}
