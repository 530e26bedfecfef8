import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import type { LocalLog } from '../../../src/log/local-log.ts';
import type { ColdSection } from '../../../src/log/options.ts';
import { batch, noCold, openFixture, record, TOPIC_ID } from './log-fixture.ts';

const BATCHES = 20;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Appends batches and seals the WAL segment that holds them; gives the segment and what the batches take in a pack. */
async function sealed(log: LocalLog): Promise<{ sequence: number; section: ColdSection }> {
  let length = 0;
  for (let i = 0; i < BATCHES; i++) {
    const bytes = batch([record(`small ${i}`, 2000)]);
    length += bytes.length;
    log.partition('orders', 0)!.append(bytes);
  }
  log.wal.roll();
  await log.flush();
  while (log.wal.sealedSegments().length === 0) await turn();
  const { sequence } = log.wal.sealedSegments()[0]!;
  return { sequence, section: { baseOffset: 0, lastOffset: BATCHES - 1, length, maxTimestamp: 2000 } };
}

test('what went from the WAL to packs counts as many bytes as it has there, until its records are deleted', async () => {
  let sections: ColdSection[] = [];
  const { log, partition } = await openFixture({ cold: { ...noCold, sections: async () => sections } });
  const { sequence, section } = await sealed(log);
  expect(partition.sizeBytes).toBeGreaterThan(section.length);
  sections = [section];
  log.drained(sequence);
  expect(partition.sizeBytes).toBe(section.length);
  await partition.deleteRecordsBefore(5);
  expect(partition.sizeBytes).toBe(section.length);
  await partition.deleteRecordsBefore(-1);
  expect(partition.sizeBytes).toBe(0);
  await log.close();
});

test('what is packed and still in the WAL counts once, after a start too', async () => {
  const disk = memoryDisk();
  const first = await openFixture({ disk });
  const { section } = await sealed(first.log);
  const inWal = first.partition.sizeBytes;
  await first.log.close();
  const facts = {
    topicId: TOPIC_ID,
    partition: 0,
    logStartOffset: 0,
    packedUpTo: BATCHES,
    packedBytes: section.length,
  };
  const { log, partition } = await openFixture({
    disk,
    facts: [facts],
    cold: { ...noCold, sections: async () => [section] },
  });
  expect(partition.sizeBytes).toBe(inWal);
  while (log.wal.sealedSegments().length === 0) await turn();
  log.drained(log.wal.sealedSegments()[0]!.sequence);
  expect(partition.sizeBytes).toBe(section.length);
  await log.close();
});

test('the deletion of a topic while its retention is looked at is no failure', async () => {
  const { log, partition } = await openFixture({
    config: { retentionMs: 1000 },
    cold: {
      ...noCold,
      async sections() {
        if (log.partition('orders', 0) !== undefined) log.deleteTopic(TOPIC_ID);
        return [];
      },
    },
  });
  await partition.append(batch([record('old', 2000)])).durable;
  expect(await log.retain()).toBe(0);
  await log.close();
});
