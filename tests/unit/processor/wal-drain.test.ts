import { expect, test } from 'vitest';
import { WalDrain } from '../../../src/processor/wal-drain.ts';

function logOf(...sequences: number[]) {
  const sealed = [...sequences];
  const wal = { overLimit: false, sealedSegments: () => sealed.map((sequence) => ({ sequence })) };
  const drained = (sequence: number): void => {
    const at = sealed.indexOf(sequence);
    if (at >= 0) sealed.splice(at, 1);
  };
  return { wal, sealed, drained };
}

const calm = (): void => {
  throw new Error('nothing is in a hurry');
};

test('a segment goes when both sinks are done with it, in order', () => {
  const log = logOf(1, 2, 3);
  const drain = new WalDrain(log, true, calm);
  drain.textDoneBelow(3);
  drain.packed(2);
  expect(log.sealed).toEqual([1, 2, 3]);
  drain.packed(1);
  expect(log.sealed).toEqual([3]);
});

test('over the limit the text sink is asked to pass over what is packed, and waited for until it has', () => {
  const log = logOf(1, 2);
  const asked: number[] = [];
  const drain = new WalDrain(log, true, (below) => asked.push(below));
  log.wal.overLimit = true;
  expect(drain.drain()).toBe(0);
  expect(asked).toEqual([]);
  drain.packed(1);
  expect(log.sealed).toEqual([1, 2]);
  expect(asked).toEqual([2]);
  drain.textDoneBelow(2);
  expect(log.sealed).toEqual([2]);
});

test('segments that are to be kept go only when the WAL is over its limit', () => {
  const log = logOf(1, 2);
  const drain = new WalDrain(log, false, calm);
  drain.textDoneBelow(2);
  drain.packed(1);
  expect(log.sealed).toEqual([1, 2]);
  log.wal.overLimit = true;
  expect(drain.drain()).toBe(1);
  expect(log.sealed).toEqual([2]);
});

test('a sink may be done before the segment counts as sealed', () => {
  const log = logOf();
  const drain = new WalDrain(log, true, calm);
  drain.textDoneBelow(5);
  log.sealed.push(4);
  drain.packed(4);
  expect(log.sealed).toEqual([]);
});
