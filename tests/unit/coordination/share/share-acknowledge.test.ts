import { describe, expect, test } from 'vitest';
import { checkAcknowledgement } from '../../../../src/coordination/share/acknowledge.ts';
import { all, Flight } from './flight.ts';

describe('acknowledging', () => {
  test('the start moves over what is finished, and no further', () => {
    const flight = new Flight(30);
    flight.fetch('a');
    flight.ack('a', all(0, 4, 1));
    expect(flight.partition.start).toBe(5);
    flight.ack('a', all(10, 29, 3));
    expect(flight.partition.start).toBe(5);
    flight.ack('a', all(5, 9, 0));
    expect(flight.text()).toBe('30 | 30');
  });

  test('a type for each offset', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    expect(flight.ack('a', { first: 0, last: 4, types: [2, 2, 1, 3, 2] })).toBe('NONE');
    expect(flight.text()).toBe(
      '0 | 0..1 available x1 | 2..2 acknowledged x1 | 3..3 archived x1 | 4..4 available x1 | 5..9 acquired:a x1 | 10',
    );
    expect(flight.fetch('b')).toBe('0..1x2 4..4x2');
  });

  test.each([
    ['of another member', 'b', all(0, 9, 1), 'INVALID_RECORD_STATE'],
    ['that were never handed out', 'a', all(10, 12, 1), 'INVALID_REQUEST'],
    ['that reach beyond what was handed out', 'a', all(5, 12, 1), 'INVALID_REQUEST'],
  ])('records %s is refused', (_, member, batch, error) => {
    const flight = new Flight(20, 10);
    flight.fetch('a', { maxRecords: 10 });
    const before = flight.text();
    expect(flight.ack(member, batch)).toBe(error);
    expect(flight.text()).toBe(before);
  });

  test('is all or nothing', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    flight.ack('a', all(7, 7, 1));
    const before = flight.text();
    expect(flight.ack('a', all(0, 3, 1), all(5, 9, 1))).toBe('INVALID_RECORD_STATE');
    expect(flight.text()).toBe(before);
  });

  test('what is before the start already is passed over', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    expect(flight.ack('a', all(0, 4, 1))).toBe('NONE');
    expect(flight.ack('a', all(0, 4, 1))).toBe('NONE');
    expect(flight.ack('b', all(0, 4, 2))).toBe('NONE');
  });

  test('renewal keeps the lock for another while (KIP-1222)', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    flight.advance(900);
    expect(flight.ack('a', all(0, 4, 4))).toBe('NONE');
    flight.advance(900);
    expect(flight.text()).toBe('0 | 0..4 acquired:a x1 | 5..9 available x1 | 10');
  });

  test.each([
    ['ends before it begins', [all(3, 2, 1)]],
    ['overlaps the one before', [all(0, 5, 1), all(4, 6, 1)]],
    ['has no type', [{ first: 0, last: 1, types: [] }]],
    ['has too few types', [{ first: 0, last: 2, types: [1, 1] }]],
    ['has an unknown type', [all(0, 1, 5)]],
    ['renews where it may not', [all(0, 1, 4)]],
  ])('a batch that %s is malformed', (_, batches) => {
    expect(checkAcknowledgement(batches, false)).toBeDefined();
    expect(checkAcknowledgement([all(0, 5, 1), all(6, 6, 2)], false)).toBeUndefined();
  });
});
