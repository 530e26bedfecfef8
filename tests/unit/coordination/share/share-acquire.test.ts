import { describe, expect, test } from 'vitest';
import {
  archiveMissing,
  canAcquire,
  moveToLogStart,
  nextFetchOffset,
} from '../../../../src/coordination/share/progress.ts';
import { all, Flight } from './flight.ts';

describe('records come into flight', () => {
  test('by whole batches of the log, so that the last one may go beyond the wanted number', () => {
    const flight = new Flight(100);
    expect(flight.fetch('a', { maxRecords: 12 })).toBe('0..19x1');
    expect(flight.fetch('b', { maxRecords: 1 })).toBe('20..29x1');
  });

  test('never more than wanted with a record limit; the rest of the batch waits for the next', () => {
    const flight = new Flight(30);
    expect(flight.fetch('a', { maxRecords: 12, recordLimit: true })).toBe('0..11x1');
    expect(flight.fetch('b', { maxRecords: 5, recordLimit: true })).toBe('12..16x1');
    expect(flight.fetch('c', { maxRecords: 500 })).toBe('17..19x1 20..29x1');
  });

  test('cut at the next batch of the log once the batch size is reached', () => {
    expect(new Flight(60).fetch('a', { batchSize: 15 })).toBe('0..19x1 20..39x1 40..59x1');
  });

  test('to one member at a time', () => {
    const flight = new Flight(10);
    expect(flight.fetch('a')).toBe('0..9x1');
    expect(flight.fetch('b')).toBe('');
  });

  test('up to the limit of records in flight, whole batches again', () => {
    const flight = new Flight(100, 10, { maxInFlight: 25 });
    expect(flight.fetch('a')).toBe('0..29x1');
    expect(canAcquire(flight.partition, 25)).toBe(false);
    expect(flight.ack('a', all(10, 10, 2))).toBe('NONE');
    expect(canAcquire(flight.partition, 25)).toBe(true);
    expect(flight.fetch('b')).toBe('10..10x2');
    expect(flight.ack('a', all(0, 9, 1))).toBe('NONE');
    expect(flight.fetch('b')).toBe('30..39x1');
  });

  test('from the first offset that the log has', () => {
    const flight = new Flight(30, 10, {}, 3);
    expect(flight.fetch('a', { maxRecords: 5 })).toBe('3..9x1');
  });
});

describe('the log loses records', () => {
  test('what was available is gone, what is acquired stays so until it ends', () => {
    const flight = new Flight(40);
    flight.fetch('a', { maxRecords: 10 });
    flight.fetch('b', { maxRecords: 10 });
    flight.ack('a', all(0, 9, 2));
    flight.partition = moveToLogStart(flight.partition, 15);
    expect(flight.text()).toBe('15 | 10..19 acquired:b x1 | 20');
    expect(flight.ack('b', all(10, 19, 1))).toBe('NONE');
    expect(flight.text()).toBe('15 | 10..14 acquired:b x1 | 15..19 acknowledged x1 | 20');
    flight.advance(1000);
    expect(flight.text()).toBe('20 | 20');
  });

  test('beyond the flight: it begins anew there', () => {
    const flight = new Flight(40);
    flight.fetch('a', { maxRecords: 10 });
    flight.partition = moveToLogStart(flight.partition, 25);
    expect(nextFetchOffset(flight.partition)).toBe(25);
    expect(flight.fetch('b', { read: [{ baseOffset: 20, lastOffset: 29 }] })).toBe('25..29x1');
    flight.advance(1000);
    expect(flight.text()).toBe('25 | 25..29 available x1 | 30');
  });

  test('compaction: what a read does not find is done with', () => {
    const flight = new Flight(40);
    flight.fetch('a', { maxRecords: 20 });
    flight.ack('a', all(0, 19, 2));
    flight.partition = archiveMissing(flight.partition, 0, 12);
    expect(flight.text()).toBe('0 | 0..11 archived x1 | 12..19 available x1 | 20');
    expect(flight.fetch('a', { read: [{ baseOffset: 12, lastOffset: 19 }] })).toBe('12..19x2');
  });
});
