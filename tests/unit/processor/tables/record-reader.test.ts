import { expect, test } from 'vitest';
import { buildBatch } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { RecordReader } from '../../../../src/processor/tables/record-reader.ts';
import { TopicTable } from '../../../../src/processor/tables/topic-table.ts';

/** Batches of one record each. */
const batchesOf = (count: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_none, baseOffset) =>
      buildBatch({ baseOffset }, [{ value: Buffer.from('row'), timestamp: 1 }], codecs, crc32c),
    ),
  );

test('other work of the thread has its turn after as many records as the setting says', async () => {
  const columns = { columns: '', infer: false };
  const table = new TopicTable({ topicId: 'id', name: 'orders', partitions: 1, columns });
  const limits = { limitBytes: 1e6, turnRecords: 3 };
  const reader = new RecordReader({ codecs, logger: silentLogger, ...limits, now: () => 0, time: () => 0 });
  const seen: number[] = [];
  let over = false;
  const look = (): void => {
    seen.push(reader.records);
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await reader.apply(table.partitions[0]!, { batches: batchesOf(8), aborted: [] }, () => false);
  over = true;
  expect(reader.records).toBe(8);
  expect(new Set(seen)).toEqual(new Set([3, 6]));
});
