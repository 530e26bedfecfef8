import { expect, test } from 'vitest';
import { listTransactions, type ListRequest } from '../../../src/coordination/transactions/describe.ts';
import { newTransaction } from '../../../src/coordination/transactions/transaction.ts';
import type { Transaction } from '../../../src/coordination/transactions/types.ts';

const idle = newTransaction('orders-idle', 1, 1000, 0);
const young: Transaction = {
  ...idle,
  transactionalId: 'orders-young',
  producerId: 2,
  state: 'Ongoing',
  startTimestamp: 900,
};
const old: Transaction = { ...young, transactionalId: 'payments-old', producerId: 3, startTimestamp: 100 };

function ids(request: Partial<ListRequest>): readonly string[] | string {
  const everything: ListRequest = { states: [], producerIds: [], olderThanMs: -1, pattern: null };
  const reply = listTransactions([idle, young, old], { ...everything, ...request }, 1000);
  return reply.error === 'NONE' ? reply.found.map(({ transactionalId }) => transactionalId) : reply.error;
}

test('without filters all transactional ids are listed', () => {
  expect(ids({})).toEqual(['orders-idle', 'orders-young', 'payments-old']);
});

test('each filter leaves out what does not pass it, and all together what fails one', () => {
  expect(ids({ states: ['Ongoing'] })).toEqual(['orders-young', 'payments-old']);
  expect(ids({ producerIds: [1, 3] })).toEqual(['orders-idle', 'payments-old']);
  expect(ids({ states: ['Ongoing'], olderThanMs: 100 })).toEqual(['payments-old']);
  expect(ids({ pattern: 'orders-.*' })).toEqual(['orders-idle', 'orders-young']);
  expect(ids({ pattern: 'orders' })).toEqual([]);
  expect(ids({ pattern: '' })).toHaveLength(3);
  expect(ids({ states: ['Ongoing'], pattern: 'orders-.*', producerIds: [3] })).toEqual([]);
});

test('states that nobody knows are told, and a pattern that is none is refused', () => {
  const request: ListRequest = {
    states: ['Ongoing', 'ongoing', 'Dead'],
    producerIds: [],
    olderThanMs: -1,
    pattern: null,
  };
  expect(listTransactions([], request, 0)).toEqual({ error: 'NONE', unknownStates: ['ongoing'], found: [] });
  expect(ids({ pattern: '(' })).toBe('INVALID_REGULAR_EXPRESSION');
});
