import { describe, expect, test } from 'vitest';
import { all, Flight } from './flight.ts';

describe('delivering again', () => {
  test('released records go to whoever comes, with a higher count', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    flight.ack('a', all(3, 4, 2));
    expect(flight.fetch('b')).toBe('3..4x2');
  });

  test('so do records whose lock ended', () => {
    const flight = new Flight(10);
    flight.fetch('a');
    flight.advance(999);
    expect(flight.fetch('b')).toBe('');
    flight.advance(1);
    expect(flight.fetch('b')).toBe('0..9x2');
    expect(flight.ack('a', all(0, 9, 1))).toBe('INVALID_RECORD_STATE');
  });

  test('so do records of a member whose session ended', () => {
    const flight = new Flight(20);
    flight.fetch('a', { maxRecords: 10 });
    flight.fetch('b', { maxRecords: 10 });
    flight.release('a');
    expect(flight.text()).toBe('0 | 0..9 available x1 | 10..19 acquired:b x1 | 20');
  });

  test('after the last allowed delivery they are archived', () => {
    const flight = new Flight(1, 1, { maxDeliveries: 2 });
    expect(flight.fetch('a')).toBe('0..0x1');
    flight.advance(1000);
    expect(flight.fetch('a')).toBe('0..0x2');
    flight.ack('a', all(0, 0, 2));
    expect(flight.text()).toBe('1 | 1');
  });

  test('what failed often goes out in ever smaller parts, and alone at last (KIP-1191)', () => {
    const flight = new Flight(16, 16, { maxDeliveries: 6 });
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      seen.push(flight.fetch('a'));
      flight.advance(1000);
    }
    expect(seen).toEqual(['0..15x1', '0..15x2', '0..15x3', '0..7x4', '0..3x5', '0..0x6']);
    expect(flight.partition.start).toBe(1);
    expect(flight.fetch('a')).toBe('1..1x6');
  });

  test('and not together with others', () => {
    const flight = new Flight(8, 4, { maxDeliveries: 4 });
    for (let i = 0; i < 2; i++) {
      flight.fetch('a', { maxRecords: 4 });
      flight.advance(1000);
    }
    expect(flight.fetch('a')).toBe('0..1x3');
    expect(flight.fetch('b')).toBe('2..3x3');
    expect(flight.fetch('c')).toBe('4..7x1');
  });
});
