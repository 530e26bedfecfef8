import { describe, expect, test } from 'vitest';
import { abandon, complete, endTransaction } from '../../../src/coordination/transactions/end.ts';
import { initProducer } from '../../../src/coordination/transactions/init.ts';
import { decodeTransaction, encodeTransaction } from '../../../src/coordination/transactions/record.ts';
import { LAST_CLIENT_EPOCH, newTransaction } from '../../../src/coordination/transactions/transaction.ts';
import type { Environment, Transaction } from '../../../src/coordination/transactions/types.ts';
import { transactionSettings } from '../kafka/transactions.ts';

const env: Environment = { now: 1000, freshProducerId: 77, settings: transactionSettings };
const ongoing: Transaction = {
  ...newTransaction('x', 7, 60_000, 0),
  state: 'Ongoing',
  producerEpoch: LAST_CLIENT_EPOCH,
  raisesEpoch: true,
  startTimestamp: 500,
};
const end = { transactionalId: 'x', producerId: 7, producerEpoch: LAST_CLIENT_EPOCH, commit: true, raisesEpoch: true };

describe('when the epochs of a producer id are used up', () => {
  test('the end of a transaction gives the producer a new id, and its markers still carry the old one', () => {
    const { reply, next } = endTransaction(ongoing, end, env);
    expect(reply).toEqual({ error: 'NONE', producerId: 77, producerEpoch: 0 });
    expect(next).toMatchObject({ state: 'PrepareCommit', producerId: 7, producerEpoch: LAST_CLIENT_EPOCH + 1 });
    const completed = complete(next!, 2000);
    expect(completed).toMatchObject({ state: 'CompleteCommit', producerId: 77, producerEpoch: 0, nextProducerId: -1 });
    // The same request again, after its answer was lost.
    expect(endTransaction(completed, end, env)).toEqual({ reply: { error: 'NONE', producerId: 77, producerEpoch: 0 } });
  });

  test('a producer that is fenced leaves the id to nobody', () => {
    const fenced = complete(abandon(ongoing, env), 2000);
    expect(fenced).toMatchObject({ state: 'CompleteAbort', producerId: 77, producerEpoch: 0 });
  });

  test('a new producer gets a new id, and one that goes on finds it again by the old one (KIP-360)', () => {
    const idle: Transaction = { ...ongoing, state: 'Empty' };
    const request = { transactionalId: 'x', timeoutMs: 60_000, expected: undefined };
    expect(initProducer(idle, request, env).reply).toEqual({ error: 'NONE', producerId: 77, producerEpoch: 0 });
    const expected = { producerId: 7, producerEpoch: LAST_CLIENT_EPOCH };
    const { next } = initProducer(idle, { ...request, expected }, env);
    expect(next).toMatchObject({ producerId: 77, producerEpoch: 0, lastProducerEpoch: LAST_CLIENT_EPOCH });
    expect(initProducer(next, { ...request, expected }, env).reply).toEqual({
      error: 'NONE',
      producerId: 77,
      producerEpoch: 0,
    });
    expect(initProducer(next, { ...request, expected: { ...expected, producerEpoch: 3 } }, env).reply.error).toBe(
      'PRODUCER_FENCED',
    );
  });
});

test('a commit of nothing right after an end is told to try again, and later that it is wrong', () => {
  const done: Transaction = { ...ongoing, state: 'CompleteCommit', producerEpoch: 5, updateTimestamp: 1000 };
  const again = { ...end, producerEpoch: 5 };
  expect(endTransaction(done, again, { ...env, now: 1099 }).reply.error).toBe('CONCURRENT_TRANSACTIONS');
  expect(endTransaction(done, again, { ...env, now: 1100 }).reply.error).toBe('INVALID_TXN_STATE');
});

test('a transaction is stored as it is, and a row of another version is refused by name', () => {
  const partition = { topic: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 3 };
  const full: Transaction = {
    ...ongoing,
    partitions: new Map([['AAAAAAAAAAAAAAAAAAAAAQ/3', partition]]),
    groups: new Set(['g']),
  };
  expect(decodeTransaction('x', encodeTransaction(full))).toEqual(full);
  const other = encodeTransaction(full).replace('"version":1', '"version":2');
  expect(() => decodeTransaction('x', other)).toThrow(/transactional id x .*version 2/);
});
