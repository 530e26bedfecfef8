import { describe, expect, test } from 'vitest';
import { buildBatch, COMPRESSIONS, readBatchHeader, verifyBatchCrc } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { CleanedTransactions } from '../../../../src/processor/compaction/transactions.ts';
import { batch, clean, marker, NOW, record, recordsOf, RETENTION, rules, transactional } from './batches.ts';

describe('records', () => {
  test('only the last one of a key stays, at its offset, in a batch of the same range', () => {
    const before = batch(10, ['a=1', 'b=1', 'a=2', 'c=1']);
    const { bytes, records } = clean(before, rules({ a: 12, b: 30, c: 13 }));
    expect(recordsOf(bytes)).toEqual(['12:a=2', '13:c=1']);
    expect(records.map(({ offset }) => offset)).toEqual([12, 13]);
    expect(readBatchHeader(bytes!, 0)).toMatchObject({
      baseOffset: 10,
      lastOffset: 13,
      recordCount: 2,
      maxTimestamp: 8,
    });
    expect(verifyBatchCrc(bytes!, 0, crc32c)).toBe(true);
  });

  test('a batch in which nothing changes stays byte for byte, and its key may be unknown', () => {
    const before = batch(10, ['a=1', 'x=1']);
    expect(clean(before, rules({ a: 10 })).bytes).toBe(before);
  });

  test('records at or above the end of the gathered keys stay, whatever their keys', () => {
    const before = batch(10, ['a=1', 'a=2', '=3', 'a=4']);
    expect(recordsOf(clean(before, rules({ a: 99 }, { keysUpTo: 12 })).bytes)).toEqual(['12:=3', '13:a=4']);
  });

  test('records without a key go: they are from a time when the topic was not compacted', () => {
    expect(recordsOf(clean(batch(10, ['=1', 'a=1']), rules({})).bytes)).toEqual(['11:a=1']);
  });

  test.each(COMPRESSIONS)('compression, timestamps and headers stay (%s)', (compression) => {
    for (const timestampType of ['CreateTime', 'LogAppendTime'] as const) {
      const more = timestampType === 'LogAppendTime' ? { maxTimestamp: 77 } : {};
      const before = batch(10, ['a=1', 'b=1', 'c=1'], { compression, timestampType, partitionLeaderEpoch: 3, ...more });
      const { bytes, records } = clean(before, rules({ a: 99 }));
      const { attributes, ...header } = readBatchHeader(bytes!, 0);
      expect(attributes).toBe(readBatchHeader(before, 0).attributes);
      expect(header).toMatchObject({ partitionLeaderEpoch: 3, maxTimestamp: timestampType === 'CreateTime' ? 7 : 77 });
      expect(records.map(({ timestamp }) => timestamp)).toEqual(timestampType === 'CreateTime' ? [6, 7] : [77, 77]);
      expect(recordsOf(bytes)).toEqual(['11:b=1', '12:c=1']);
    }
  });
});

describe('markers of deleted keys', () => {
  test('get a horizon when they are first met, keep it, and go when it has come', () => {
    const first = clean(batch(10, ['a', 'b=1']), rules({ a: 10 })).bytes!;
    expect(readBatchHeader(first, 0)).toMatchObject({
      hasDeleteHorizon: true,
      baseTimestamp: NOW + RETENTION,
      maxTimestamp: 6,
    });
    expect(recordsOf(first)).toEqual(['10:a', '11:b=1']);
    const later = rules({}, { now: NOW + RETENTION - 1 });
    expect(clean(first, later).bytes).toBe(first);
    const end = clean(first, rules({}, { now: NOW + RETENTION })).bytes!;
    expect(recordsOf(end)).toEqual(['11:b=1']);
    expect(readBatchHeader(end, 0)).toMatchObject({ hasDeleteHorizon: true, maxTimestamp: 6 });
    const superseded = clean(first, rules({ b: 50 }, { now: NOW + 1 })).bytes!;
    expect(readBatchHeader(superseded, 0).baseTimestamp).toBe(NOW + RETENTION);
  });

  test('have a horizon that can be read where they are kept for ever', () => {
    const records = [record('a', -1), record('b=1', 5)];
    const before = buildBatch({ baseOffset: 10 }, records, codecs, crc32c);
    const kept = clean(before, rules({ a: 10 }, { deleteRetentionMs: Number.MAX_SAFE_INTEGER })).bytes!;
    expect(readBatchHeader(kept, 0)).toMatchObject({ hasDeleteHorizon: true, maxTimestamp: 5 });
    expect(recordsOf(kept)).toEqual(['10:a', '11:b=1']);
    expect(clean(kept, rules({}, { now: NOW + 1e12 })).bytes).toBe(kept);
  });

  test('that are superseded go at once', () => {
    expect(clean(batch(10, ['a']), rules({ a: 11 })).bytes).toBeUndefined();
  });
});

describe('empty batches', () => {
  const superseded = () => batch(10, ['a=1', 'a=2'], { producerId: 7, producerEpoch: 2, baseSequence: 40 });

  test('go, unless they hold the last sequence of an active producer', () => {
    expect(clean(superseded(), rules({ a: 99 })).bytes).toBeUndefined();
    const elsewhere = new Map([[7, { id: 7, epoch: 2, lastOffset: 20 }]]);
    expect(clean(superseded(), rules({ a: 99 }, { producers: elsewhere })).bytes).toBeUndefined();
    const here = new Map([[7, { id: 7, epoch: 2, lastOffset: 11 }]]);
    const kept = clean(superseded(), rules({ a: 99 }, { producers: here })).bytes!;
    const expected = {
      recordCount: 0,
      producerId: 7,
      producerEpoch: 2,
      baseSequence: 40,
      baseOffset: 10,
      lastOffset: 11,
    };
    expect(readBatchHeader(kept, 0)).toMatchObject(expected);
    expect(verifyBatchCrc(kept, 0, crc32c)).toBe(true);
    expect(clean(kept, rules({}, { producers: here })).bytes).toBe(kept);
    expect(clean(kept, rules({}, { producers: elsewhere })).bytes).toBeUndefined();
  });

  test('stay at the end of the pass, so that the end is not lost', () => {
    const kept = clean(superseded(), rules({ a: 99 }, { end: 12 })).bytes!;
    expect(readBatchHeader(kept, 0)).toMatchObject({ recordCount: 0, lastOffset: 11 });
  });
});

describe('transactions', () => {
  const aborted = [{ producerId: 7, firstOffset: 10, lastOffset: 14 }];

  test('records of aborted ones go, also above the gathered keys; the marker stays in that pass', () => {
    const by = rules({}, { transactions: new CleanedTransactions(aborted), keysUpTo: 5 });
    expect(clean(batch(10, ['a=1'], transactional(7)), by).bytes).toBeUndefined();
    const other = batch(11, ['a=1'], transactional(8));
    expect(clean(other, by).bytes).toBe(other);
    const mark = marker(14, 7, 'abort');
    expect(clean(mark, by).bytes).toBe(mark);
    const later = batch(15, ['a=1'], transactional(7));
    expect(clean(later, by).bytes).toBe(later);
    expect(by.transactions.emptied).toEqual([]);
  });

  test.each(['abort', 'commit'] as const)(
    'the marker of an empty one gets a horizon, and goes when it has come (%s)',
    (type) => {
      const pass = (now: number) => rules({}, { transactions: new CleanedTransactions(aborted), now });
      const by = pass(NOW);
      const first = clean(marker(14, 7, type), by).bytes!;
      expect(by.transactions.emptied).toEqual(type === 'abort' ? [14] : []);
      expect(readBatchHeader(first, 0)).toMatchObject({
        isControl: true,
        hasDeleteHorizon: true,
        baseTimestamp: NOW + RETENTION,
      });
      expect(clean(first, pass(NOW + 1)).bytes).toBe(first);
      expect(clean(first, pass(NOW + RETENTION)).bytes).toBeUndefined();
      const producers = new Map([[7, { id: 7, epoch: 0 }]]);
      const kept = clean(first, { ...pass(NOW + RETENTION), producers }).bytes!;
      expect(readBatchHeader(kept, 0)).toMatchObject({ isControl: true, isTransactional: true, recordCount: 0 });
      expect(clean(kept, { ...pass(NOW + RETENTION), producers }).bytes).toBe(kept);
      expect(clean(kept, pass(NOW + RETENTION)).bytes).toBeUndefined();
    },
  );

  test('the marker of a committed one stays as it is while a batch of it is left', () => {
    const by = rules({});
    const mark = marker(14, 7, 'commit');
    clean(batch(10, ['a=1'], transactional(7)), by);
    expect(clean(mark, by).bytes).toBe(mark);
  });

  test('a mark takes the pass back to where it was', () => {
    const transactions = new CleanedTransactions(aborted);
    const by = rules({}, { transactions });
    clean(batch(8, ['a=1'], transactional(9)), by);
    const before = transactions.mark();
    clean(batch(10, ['a=1'], transactional(7)), by);
    clean(marker(12, 9, 'commit'), by);
    before.back();
    expect(readBatchHeader(clean(marker(14, 7, 'abort'), by).bytes!, 0).hasDeleteHorizon).toBe(true);
    expect(readBatchHeader(clean(marker(15, 9, 'commit'), by).bytes!, 0).hasDeleteHorizon).toBe(false);
  });
});
