import { describe, expect, test } from 'vitest';
import { nextFetchOffset } from '../../../../src/coordination/share/progress.ts';
import { decodeSharePartition, encodeSharePartition } from '../../../../src/coordination/share/stored.ts';
import { all, Flight } from './flight.ts';

/** The flight after a restart. */
function restarted(flight: Flight): Flight {
  const after = new Flight(40);
  after.partition = decodeSharePartition(
    flight.partition.start,
    encodeSharePartition(flight.partition, false),
  ).partition;
  return after;
}

describe('what a share partition knows after a restart', () => {
  test('acknowledged, archived and released records with their counts; nobody holds anything', () => {
    const flight = new Flight(40);
    flight.fetch('a', { maxRecords: 20 });
    flight.ack('a', all(5, 6, 1), all(8, 9, 3), all(10, 12, 2));
    const after = restarted(flight);
    expect(after.text()).toBe(
      '0 | 0..4 available x0 | 5..6 acknowledged x1 | 7..7 available x0 | 8..9 archived x1 | 10..12 available x1 | 13',
    );
    expect(nextFetchOffset(after.partition)).toBe(0);
    expect(after.fetch('b', { maxRecords: 8 })).toBe('0..4x1 7..7x1 10..12x2');
    expect(after.fetch('b', { maxRecords: 1 })).toBe('13..19x1');
  });

  test('a delivery that may not have arrived does not count', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    flight.ack('a', all(0, 9, 2));
    flight.fetch('b');
    expect(restarted(flight).text()).toBe('0 | 0..9 available x1 | 10');
  });

  test('nothing of what was never given back', () => {
    const flight = new Flight(30);
    flight.fetch('a');
    flight.ack('a', all(0, 9, 1));
    expect(encodeSharePartition(flight.partition, false)).toBe('{"version":1,"batches":[]}');
    expect(restarted(flight).text()).toBe('10 | 10');
  });

  test('a range that is not known is handed out in the parts that are wanted', () => {
    const flight = new Flight(40);
    flight.fetch('a');
    flight.ack('a', all(30, 39, 1));
    const after = restarted(flight);
    expect(after.fetch('b', { maxRecords: 5 })).toBe('0..9x1');
    expect(after.text()).toBe('0 | 0..9 acquired:b x1 | 10..29 available x0 | 30..39 acknowledged x1 | 40');
    expect(after.fetch('c')).toBe('10..29x1');
  });

  test('a newer format is refused', () => {
    expect(() => decodeSharePartition(0, '{"version":2,"batches":[]}')).toThrow('version 2');
  });
});
