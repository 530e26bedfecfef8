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

test('a segment goes when both sinks are done with it, in order', () => {
  const log = logOf(1, 2, 3);
  const drain = new WalDrain(log, true);
  drain.done('text', 1);
  drain.done('text', 2);
  drain.done('pack', 2);
  expect(log.sealed).toEqual([1, 2, 3]);
  drain.done('pack', 1);
  expect(log.sealed).toEqual([3]);
});

test('over the limit the text sink is not waited for, the packs are', () => {
  const log = logOf(1, 2);
  const drain = new WalDrain(log, true);
  log.wal.overLimit = true;
  drain.done('text', 1);
  expect(log.sealed).toEqual([1, 2]);
  drain.done('pack', 1);
  drain.done('pack', 2);
  expect(log.sealed).toEqual([]);
});

test('segments that are to be kept go only when the WAL is over its limit', () => {
  const log = logOf(1, 2);
  const drain = new WalDrain(log, false);
  drain.done('text', 1);
  drain.done('pack', 1);
  expect(log.sealed).toEqual([1, 2]);
  log.wal.overLimit = true;
  expect(drain.drain()).toBe(1);
  expect(log.sealed).toEqual([2]);
});

test('a sink may be done before the segment counts as sealed', () => {
  const log = logOf();
  const drain = new WalDrain(log, true);
  drain.done('text', 4);
  log.sealed.push(4);
  drain.done('pack', 4);
  expect(log.sealed).toEqual([]);
});
