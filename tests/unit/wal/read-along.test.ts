import { expect, test } from 'vitest';
import { batch } from '../log/log-fixture.ts';
import { openWal, TOPIC } from './wal-fixture.ts';

const PARTITIONS = 50;
const ROUNDS = 200;
const ASKED = 16 * 1024;

test('a read among small batches of many partitions takes no more than twice the memory that was asked for', async () => {
  const wal = await openWal({
    sealBytes: 16 * 1024 * 1024,
    maxBytes: 64 * 1024 * 1024,
    maxQueueBytes: 64 * 1024 * 1024,
  });
  for (let offset = 0; offset < ROUNDS; offset++)
    for (let number = 0; number < PARTITIONS; number++)
      wal.append(wal.partition(TOPIC, number), offset, batch(['x'.repeat(100)], { baseOffset: offset }));
  await wal.flush();
  const partition = wal.partition(TOPIC, 7);
  const taken: number[] = [];
  let seen = 0;
  while (seen < ROUNDS) {
    let memory = 0;
    const read = await wal.read(partition, partition.parts[0]!, {
      from: seen,
      maxBytes: ASKED,
      below: Number.MAX_SAFE_INTEGER,
      atLeastOne: true,
      take(size) {
        memory += size;
        return Buffer.allocUnsafeSlow(size);
      },
    });
    expect(read!.batches).toHaveLength(read!.seen);
    expect(read!.seen).toBeGreaterThan(0);
    seen += read!.seen;
    taken.push(memory);
  }
  expect(Math.max(...taken)).toBeLessThanOrEqual(2 * ASKED);
  await wal.close();
});
