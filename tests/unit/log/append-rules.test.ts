import { expect, test } from 'vitest';
import { readBatchHeader, verifyBatchCrc } from '../../../protocol/records/index.ts';
import { decodeRecords } from '../../../protocol/records/decode.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import type { LogConfig } from '../../../src/log/types.ts';
import { LogError } from '../../../src/log/types.ts';
import { batch, type FixtureOptions, openFixture, record } from './log-fixture.ts';

const NOW = 1_700_000_000_000;
const clock = { now: () => NOW, monotonic: () => 0, after: () => ({ cancel() {} }) };

/** The error of an append, with the indexes of single records at fault. */
async function refusal(records: Uint8Array, config: Partial<LogConfig> = {}): Promise<string> {
  const { partition } = await openFixture({ clock, config });
  try {
    partition.append(records);
    return 'taken';
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    expect(partition.logEndOffset).toBe(0);
    return [error.code, ...error.faults.map((fault) => fault.index)].join(' ');
  }
}

async function stored(records: Uint8Array, options: FixtureOptions): Promise<Uint8Array> {
  const { partition } = await openFixture({ clock, ...options });
  await partition.append(records).durable;
  const { chunks } = await partition.read(0, 1_000_000, 'read_uncommitted', true);
  return chunks[0]!;
}

function changed(bytes: Uint8Array, change: (bytes: Uint8Array, view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(copy, view);
  view.setUint32(17, crc32c(copy.subarray(21)));
  return copy;
}

test('what is no batch, or an altered one, is refused with the code that Kafka uses', async () => {
  const good = batch(['a', 'b']);
  const wrongCrc = good.slice();
  wrongCrc[wrongCrc.length - 1]! ^= 1;
  expect(await refusal(good)).toBe('taken');
  expect(await refusal(new Uint8Array())).toBe('INVALID_RECORD');
  expect(await refusal(wrongCrc)).toBe('CORRUPT_MESSAGE');
  expect(await refusal(good.subarray(0, good.length - 1))).toBe('CORRUPT_MESSAGE');
  expect(await refusal(changed(good, (bytes) => bytes.fill(1, 16, 17)))).toBe('UNSUPPORTED_FOR_MESSAGE_FORMAT');
  expect(await refusal(batch(['a'], { baseOffset: 5 }))).toBe('INVALID_RECORD');
  expect(await refusal(batch(['a'], { isControl: true }))).toBe('INVALID_RECORD');
});

test('counts that do not fit are refused', async () => {
  const good = batch(['a', 'b']);
  expect(await refusal(changed(good, (_bytes, view) => view.setInt32(57, 3)))).toBe('INVALID_RECORD');
  expect(await refusal(changed(good, (_bytes, view) => view.setInt32(23, 7)))).toBe('INVALID_RECORD');
  const both = (count: number) => (_bytes: Uint8Array, view: DataView) => {
    view.setInt32(57, count);
    view.setInt32(23, count - 1);
  };
  expect(await refusal(changed(good, both(3)))).toBe('INVALID_RECORD');
  expect(await refusal(changed(good, both(1)))).toBe('INVALID_RECORD');
});

test('a batch larger than max.message.bytes is refused', async () => {
  expect(await refusal(batch(['x'.repeat(500)]), { maxMessageBytes: 500 })).toBe('MESSAGE_TOO_LARGE');
  expect(await refusal(batch(['x'.repeat(500)]), { maxMessageBytes: 600 })).toBe('taken');
});

test('more bytes than segment.bytes are refused', async () => {
  expect(await refusal(batch(['x'.repeat(2000)]), { segmentBytes: 1024 })).toBe('RECORD_LIST_TOO_LARGE');
});

test('timestamps outside of the bounds are refused, with the records at fault, in compressed batches too', async () => {
  const bounds = { timestampAfterMaxMs: 1000, timestampBeforeMaxMs: 5000 };
  for (const compression of ['none', 'gzip'] as const) {
    const send = (...times: number[]) =>
      refusal(
        batch(
          times.map((time) => record('v', time)),
          { compression },
        ),
        bounds,
      );
    expect(await send(NOW, NOW + 1000, NOW - 5000)).toBe('taken');
    expect(await send(NOW, NOW + 1001)).toBe('INVALID_TIMESTAMP 1');
    expect(await send(NOW - 5001, NOW, NOW + 2000)).toBe('INVALID_TIMESTAMP 0 2');
  }
});

test('a compacted topic needs keys', async () => {
  const records = [{ ...record('a', NOW), key: new Uint8Array(1) }, record('b', NOW)];
  expect(await refusal(batch(records), { compact: true })).toBe('INVALID_RECORD 1');
});

test('LogAppendTime stamps the batch with the time of the broker and a right CRC', async () => {
  const { partition } = await openFixture({ clock, config: { timestampType: 'LogAppendTime' } });
  const appended = partition.append(batch(['a']));
  expect(appended.logAppendTime).toBe(NOW);
  const bytes = await stored(batch(['a']), { config: { timestampType: 'LogAppendTime' } });
  const header = readBatchHeader(bytes, 0);
  expect([header.timestampType, header.maxTimestamp, verifyBatchCrc(bytes, 0, crc32c)]).toEqual([
    'LogAppendTime',
    NOW,
    true,
  ]);
  expect(await refusal(batch(['a'], { timestampType: 'LogAppendTime' }), { timestampType: 'LogAppendTime' })).toBe(
    'INVALID_TIMESTAMP 0',
  );
});

test('a max timestamp that the header has wrong is put right', async () => {
  const bytes = await stored(batch([record('a', 5000)], { maxTimestamp: 9000 }), {});
  expect([readBatchHeader(bytes, 0).maxTimestamp, verifyBatchCrc(bytes, 0, crc32c)]).toEqual([5000, true]);
});

test('compression.type rewrites the batch, with the same records, producer and a right CRC', async () => {
  for (const [compressionType, compression] of [
    ['gzip', 1],
    ['zstd', 4],
    ['uncompressed', 0],
  ] as const) {
    const sent = batch(['a'.repeat(100), 'b'], {
      compression: 'lz4',
      producerId: 4,
      producerEpoch: 1,
      baseSequence: 0,
    });
    const bytes = await stored(sent, { config: { compressionType } });
    const values: string[] = [];
    const header = decodeRecords(bytes, codecs, 10_000, (one) => void values.push(Buffer.from(one.value!).toString()));
    expect(values).toEqual(['a'.repeat(100), 'b']);
    expect([header.compression, header.producerId, verifyBatchCrc(bytes, 0, crc32c)]).toEqual([compression, 4, true]);
  }
});

test('a batch that needs no rewriting is stored byte for byte, but for offset and leader epoch', async () => {
  const sent = batch(['a', 'b'], { compression: 'snappy' });
  const bytes = await stored(sent.slice(), {});
  expect(Buffer.from(bytes.subarray(16)).equals(sent.subarray(16))).toBe(true);
  expect(readBatchHeader(bytes, 0).partitionLeaderEpoch).toBe(0);
});

test('several batches in one request get offsets one after another, or none of them when one is bad', async () => {
  const two = Buffer.concat([batch(['a', 'b']), batch(['c'])]);
  const { partition } = await openFixture({ clock });
  const appended = partition.append(new Uint8Array(two));
  expect([appended.baseOffset, appended.lastOffset]).toEqual([0, 2]);
  const bad = Buffer.concat([batch(['a']), batch(['b'], { isControl: true })]);
  expect(await refusal(new Uint8Array(bad))).toBe('INVALID_RECORD');
});
