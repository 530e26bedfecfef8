import { expect, test } from 'vitest';
import { WalDrain } from '../../../src/processor/wal-drain.ts';

function walOf(...sequences: number[]) {
  const sealed = [...sequences];
  return {
    overLimit: false,
    sealed,
    sealedSegments: () => sealed.map((sequence) => ({ sequence })),
    drained(sequence: number): boolean {
      const at = sealed.indexOf(sequence);
      if (at >= 0) sealed.splice(at, 1);
      return at >= 0;
    },
  };
}

test('a segment goes when both sinks are done with it, in order', () => {
  const wal = walOf(1, 2, 3);
  const drain = new WalDrain(wal, true);
  drain.done('text', 1);
  drain.done('text', 2);
  drain.done('pack', 2);
  expect(wal.sealed).toEqual([1, 2, 3]);
  drain.done('pack', 1);
  expect(wal.sealed).toEqual([3]);
});

test('over the limit the text sink is not waited for, the packs are', () => {
  const wal = walOf(1, 2);
  const drain = new WalDrain(wal, true);
  wal.overLimit = true;
  drain.done('text', 1);
  expect(wal.sealed).toEqual([1, 2]);
  drain.done('pack', 1);
  drain.done('pack', 2);
  expect(wal.sealed).toEqual([]);
});

test('segments that are to be kept go only when the WAL is over its limit', () => {
  const wal = walOf(1, 2);
  const drain = new WalDrain(wal, false);
  drain.done('text', 1);
  drain.done('pack', 1);
  expect(wal.sealed).toEqual([1, 2]);
  wal.overLimit = true;
  expect(drain.drain()).toBe(1);
  expect(wal.sealed).toEqual([2]);
});

test('a sink may be done before the segment counts as sealed', () => {
  const wal = walOf();
  const drain = new WalDrain(wal, true);
  drain.done('text', 4);
  wal.sealed.push(4);
  drain.done('pack', 4);
  expect(wal.sealed).toEqual([]);
});
