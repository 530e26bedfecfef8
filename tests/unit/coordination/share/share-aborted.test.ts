import { expect, test } from 'vitest';
import { abortedBatches, archiveAborted, without } from '../../../../src/coordination/share/aborted.ts';
import { Flight } from './flight.ts';

const data = (baseOffset: number, producerId: number) => ({
  baseOffset,
  lastOffset: baseOffset + 9,
  producerId,
  isTransactional: producerId >= 0,
  isControl: false,
});
const marker = (baseOffset: number, producerId: number) => ({
  ...data(baseOffset, producerId),
  lastOffset: baseOffset,
  isControl: true,
});

test('batches of a transaction are aborted from its first offset to its marker', () => {
  const read = [data(0, 7), data(10, 8), data(20, -1), marker(30, 7), data(31, 7)];
  expect(abortedBatches(read, [{ producerId: 7, firstOffset: 0 }]).map(({ baseOffset }) => baseOffset)).toEqual([0]);
  const later = [{ producerId: 7, firstOffset: 31 }];
  expect(abortedBatches(read, later).map(({ baseOffset }) => baseOffset)).toEqual([31]);
});

test('aborted records are archived and not handed out', () => {
  const flight = new Flight(30);
  flight.fetch('a');
  const ranges = [{ first: 0, last: 29, deliveryCount: 1 }];
  const aborted = [data(10, 7)];
  expect(without(ranges, aborted).map(({ first, last }) => [first, last])).toEqual([
    [0, 9],
    [20, 29],
  ]);
  flight.partition = archiveAborted(flight.partition, ranges, aborted);
  expect(flight.text()).toBe('0 | 0..9 acquired:a x1 | 10..19 archived x1 | 20..29 acquired:a x1 | 30');
});
