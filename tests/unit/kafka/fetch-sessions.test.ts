import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../protocol/errors.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { FetchPartition, PartitionResult } from '../../../src/kafka/fetch-read.ts';
import { type FetchSessionLimits, FetchSessions } from '../../../src/kafka/fetch-sessions.ts';

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA';

function partition(index: number, fetchOffset = 0): FetchPartition {
  return {
    topic: 't',
    topicId: ZERO,
    partition: index,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: 1000,
  };
}

function result(request: FetchPartition, changes: Partial<PartitionResult> = {}): PartitionResult {
  return {
    request,
    errorCode: 0,
    highWatermark: 1,
    lastStableOffset: 1,
    logStartOffset: 0,
    abortedTransactions: null,
    diverging: undefined,
    chunks: [],
    bytes: 0,
    ...changes,
  };
}

function sessions(limits: Partial<FetchSessionLimits> = {}) {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => ({ cancel() {} }) };
  const all = new FetchSessions({ slots: 2, evictionMs: 1000, partitions: 100, ...limits }, clock, seededRandom(5));
  const begin = (sessionId: number, sessionEpoch: number, partitions: FetchPartition[] = [], forget: number[] = []) =>
    all.begin({
      sessionId,
      sessionEpoch,
      usesTopicIds: false,
      partitions,
      forgotten: forget.map((index) => ({ topic: 't', topicId: ZERO, partition: index })),
    });
  const open = (count: number): number => {
    const context = begin(
      0,
      0,
      Array.from({ length: count }, (_, index) => partition(index)),
    );
    return context.answer(context.partitions.map((request) => result(request))).sessionId;
  };
  return {
    all,
    begin,
    open,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const indexes = (context: { partitions: readonly FetchPartition[] }): number[] =>
  context.partitions.map((request) => request.partition);

describe('a fetch session', () => {
  test('remembers its partitions, with what later requests add, change and forget', () => {
    const { begin, open } = sessions();
    const id = open(3);
    expect(indexes(begin(id, 1))).toEqual([0, 1, 2]);
    const changed = begin(id, 2, [partition(1, 77), partition(9)], [0]);
    expect(indexes(changed)).toEqual([1, 2, 9]);
    expect(changed.partitions[0]!.fetchOffset).toBe(77);
  });

  test('answers only what the client does not know', () => {
    const { begin, open } = sessions();
    const id = open(3);
    const context = begin(id, 1);
    const answer = context.answer([
      result(context.partitions[0]!),
      result(context.partitions[1]!, { highWatermark: 5 }),
      result(context.partitions[2]!, { bytes: 10 }),
    ]);
    expect(answer.sessionId).toBe(id);
    expect(answer.results.map(({ request }) => request.partition)).toEqual([1, 2]);
  });

  test('repeats an error, and tells when it is over', () => {
    const { begin, open } = sessions();
    const id = open(1);
    const told = (epoch: number, code: number): number => {
      const context = begin(id, epoch);
      return context.answer([result(context.partitions[0]!, { errorCode: code })]).results.length;
    };
    expect([told(1, 1), told(2, 1), told(3, 0), told(4, 0)]).toEqual([1, 1, 1, 0]);
  });

  test('reads those first that had no data', () => {
    const { begin, open } = sessions();
    const id = open(3);
    const context = begin(id, 1);
    context.answer(context.partitions.map((request) => result(request, { bytes: request.partition === 2 ? 0 : 5 })));
    expect(indexes(begin(id, 2))).toEqual([2, 0, 1]);
  });

  test('refuses an epoch that is not the next one, and a session that is not there', () => {
    const { begin, open } = sessions();
    const id = open(1);
    expect(begin(id, 2).errorCode).toBe(errorCode.INVALID_FETCH_SESSION_EPOCH);
    expect(begin(id + 1, 1).errorCode).toBe(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(begin(id, 1).errorCode).toBe(0);
  });

  test('does not mix topic names and topic ids', () => {
    const { all, open } = sessions();
    const request = { sessionId: open(1), sessionEpoch: 1, usesTopicIds: true, partitions: [], forgotten: [] };
    expect(all.begin(request).errorCode).toBe(errorCode.FETCH_SESSION_TOPIC_ID_ERROR);
  });

  test('ends with its last partition, with the final epoch, and when a new one replaces it', () => {
    const { all, begin, open } = sessions();
    const empty = open(1);
    expect(begin(empty, 1, [], [0]).answer([]).sessionId).toBe(0);
    const final = open(1);
    expect(indexes(begin(final, -1, [partition(3)]))).toEqual([3]);
    begin(open(1), 0, [partition(0)]);
    expect(all.size).toBe(0);
    expect(all.partitions).toBe(0);
  });

  test('that two clients use at once answers only the later one', () => {
    const { begin, open } = sessions();
    const id = open(1);
    const first = begin(id, 1);
    begin(id, 2);
    expect(first.answer([]).error).toBe(errorCode.INVALID_FETCH_SESSION_EPOCH);
  });
});

describe('when all slots are taken', () => {
  test('a client gets no session, and its whole answer', () => {
    const { begin, open } = sessions();
    open(5);
    open(5);
    const context = begin(0, 0, [partition(0)]);
    expect(context.answer([result(partition(0))])).toMatchObject({ sessionId: 0, results: [{ errorCode: 0 }] });
  });

  test('a session that is not used any more gives way', () => {
    const { begin, open, pass } = sessions();
    const unused = open(5);
    pass(600);
    const used = open(5);
    pass(600);
    expect(open(1)).not.toBe(0);
    expect(begin(unused, 1).errorCode).toBe(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(begin(used, 1).errorCode).toBe(0);
  });

  test('an old and smaller session gives way to a larger one, not to a smaller one', () => {
    const { begin, open, pass } = sessions();
    const small = open(2);
    const large = open(5);
    pass(900);
    begin(small, 1);
    begin(large, 1);
    pass(900);
    expect(open(1)).toBe(0);
    expect(open(3)).not.toBe(0);
    expect(begin(small, 2).errorCode).toBe(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(begin(large, 2).errorCode).toBe(0);
  });
});

describe('the partitions that all sessions remember', () => {
  test('are bounded', () => {
    const { all, begin, open } = sessions({ partitions: 10 });
    const id = open(8);
    expect(open(3)).toBe(0);
    const more = Array.from({ length: 5 }, (_, index) => partition(100 + index));
    expect(begin(id, 1, more).errorCode).toBe(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(all.partitions).toBe(0);
  });
});
