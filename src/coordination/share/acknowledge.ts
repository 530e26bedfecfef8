import { changeRuns, floorIndex } from './batches.ts';
import { advance } from './progress.ts';
import {
  ACKNOWLEDGE,
  type AcknowledgeBatch,
  type Batch,
  type RecordState,
  type Run,
  type ShareEnvironment,
  type SharePartition,
} from './types.ts';

/** Why an acknowledgement is refused. */
export type AcknowledgeError = 'INVALID_REQUEST' | 'INVALID_RECORD_STATE';

export interface Refused {
  readonly error: AcknowledgeError;
  readonly message: string;
}

export interface Acknowledged {
  readonly error: 'NONE';
  readonly partition: SharePartition;
  /** False when only locks were renewed: there is nothing to make durable. */
  readonly durable: boolean;
}

const refuse = (error: AcknowledgeError, message: string): Refused => ({ error, message });

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(ACKNOWLEDGE));

/** What one acknowledgement makes of a run. A record that was released for the last time is archived. */
function outcome(run: Run, type: number, env: ShareEnvironment): Run {
  const { maxDeliveries, lockMs } = env.limits;
  if (type === ACKNOWLEDGE.renew) return { ...run, lockedUntil: env.now + lockMs };
  let state: RecordState = 'archived';
  if (type === ACKNOWLEDGE.accept) state = 'acknowledged';
  if (type === ACKNOWLEDGE.release && run.deliveryCount < maxDeliveries) state = 'available';
  return { ...run, state, owner: '', lockedUntil: 0 };
}

/** Neighbouring offsets of an acknowledgement that have one type, from `from` on. */
function* typedRanges({ first, last, types }: AcknowledgeBatch, from: number): IterableIterator<AcknowledgeBatch> {
  if (types.length === 1) {
    yield { first: Math.max(first, from), last, types };
    return;
  }
  let begin = Math.max(0, from - first);
  for (let at = begin; at < types.length; at++) {
    if (at + 1 < types.length && types[at + 1] === types[at]) continue;
    yield { first: first + begin, last: first + at, types: [types[at]!] };
    begin = at + 1;
  }
}

/** Checks that the batches in flight reach as far as the acknowledgement: there is none for offsets that were never handed out. */
function checkReach({ start, batches }: SharePartition, { first, last }: AcknowledgeBatch): Refused | undefined {
  const begins = floorIndex(batches, first);
  if (begins < 0 && !(first < start && last >= start && batches.length > 0))
    return refuse('INVALID_RECORD_STATE', 'The records are not in flight.');
  const ends = batches[floorIndex(batches, last)];
  if (ends === undefined) return refuse('INVALID_RECORD_STATE', 'The records are not in flight.');
  if (ends.last < first) return refuse('INVALID_REQUEST', 'The first offset is after the records in flight.');
  if (ends.last < last) return refuse('INVALID_REQUEST', 'The last offset is after the records in flight.');
  return undefined;
}

function checkOwned(batch: Batch, memberId: string, first: number, last: number): Refused | undefined {
  for (const run of batch.runs) {
    if (run.last < first || run.first > last) continue;
    if (run.state !== 'acquired') return refuse('INVALID_RECORD_STATE', 'The records are not acquired.');
    if (run.owner !== memberId) return refuse('INVALID_RECORD_STATE', 'The records are acquired by another member.');
  }
  return undefined;
}

function acknowledgeOne(
  partition: SharePartition,
  memberId: string,
  request: AcknowledgeBatch,
  env: ShareEnvironment,
): SharePartition | Refused {
  const refused = checkReach(partition, request);
  if (refused !== undefined) return refused;
  const first = Math.max(request.first, partition.start);
  const batches: Batch[] = [];
  for (const batch of partition.batches) {
    if (batch.last < first || batch.first > request.last) {
      batches.push(batch);
      continue;
    }
    const wrong = checkOwned(batch, memberId, first, request.last);
    if (wrong !== undefined) return wrong;
    let changed = batch;
    for (const range of typedRanges(request, first))
      changed = changeRuns(changed, range.first, range.last, (run) => outcome(run, range.types[0]!, env));
    batches.push(changed);
  }
  return { ...partition, batches };
}

/**
 * Acknowledges records of one member, all or none. Offsets before the start are passed over: the log has lost them, or they are finished.
 * The batches of the request are known to be well-formed (`checkAcknowledgement`).
 */
export function acknowledge(
  before: SharePartition,
  memberId: string,
  batches: readonly AcknowledgeBatch[],
  env: ShareEnvironment,
): Acknowledged | Refused {
  let partition = before;
  let durable = false;
  for (const batch of batches) {
    if (batch.last < partition.start) continue;
    if (!env.limits.mayRenew && batch.types.includes(ACKNOWLEDGE.renew))
      return refuse('INVALID_RECORD_STATE', 'Locks cannot be renewed in this group.');
    const after = acknowledgeOne(partition, memberId, batch, env);
    if ('error' in after) return after;
    partition = after;
    durable ||= batch.types.some((type) => type !== ACKNOWLEDGE.renew);
  }
  return { error: 'NONE', partition: advance(partition), durable };
}

/** What is wrong with the acknowledgements of one partition in themselves, or undefined. */
export function checkAcknowledgement(batches: readonly AcknowledgeBatch[], mayRenew: boolean): string | undefined {
  let end = -1;
  for (const { first, last, types } of batches) {
    if (first > last) return 'A batch ends before it begins.';
    if (first < end) return 'Batches overlap.';
    if (types.length === 0) return 'A batch has no acknowledge type.';
    if (types.length > 1 && last - first !== types.length - 1)
      return 'A batch has a wrong number of acknowledge types.';
    if (types.some((type) => !KNOWN_TYPES.has(type) || (type === ACKNOWLEDGE.renew && !mayRenew)))
      return 'A batch has an unknown acknowledge type.';
    end = last;
  }
  return undefined;
}
