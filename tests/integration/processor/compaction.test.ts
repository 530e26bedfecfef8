import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { batchesOf, decodeRecords } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { run as segments } from '../../../src/main/commands/segments.ts';
import { recordedIo } from '../http-commands/io.ts';
import { temporaryFolder } from '../broker/process.ts';
import { until } from '../broker/client.ts';
import { batch, EngineWorld, record } from '../text/engines.ts';
import { CALM } from '../text/world.ts';

/** Nothing runs by itself, but that the WAL is sealed. */
const SETTINGS = { ...CALM, 'wal.seal.age.ms': 20 };
const COMPACTED = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'min.cleanable.dirty.ratio', value: '0.01' },
];

/** Packs and compacts everything that was written so far. */
async function compactAll(world: EngineWorld): Promise<void> {
  const { topics, processing } = world.engines;
  await until('everything to be in packs only', async () => {
    await processing.text.seal();
    await processing.packs.run(true);
    return [...topics.log.compactedPartitions()].every((one) => one.packedBelow === one.logEndOffset);
  });
  await processing.compaction.run();
}

const text = (bytes: Uint8Array | null): string => (bytes === null ? '-' : Buffer.from(bytes).toString());

/** All that a fetching client gets: records by offset. */
async function fetchAll(world: EngineWorld, topic: string): Promise<string[]> {
  const log = world.partition(topic);
  const found: string[] = [];
  for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
    const { chunks } = await log.read(offset, 1_000_000, 'read_uncommitted', true);
    for (const chunk of chunks)
      for (const header of batchesOf(chunk)) {
        decodeRecords(chunk.subarray(header.position), codecs, 1e6, ({ offset: at, key, value }) => {
          if (at >= offset) found.push(`${at} ${text(key)} ${text(value)}`);
        });
        offset = header.lastOffset + 1;
      }
  }
  return found;
}

test.each(['memory', 'disk'])(
  'the last record of each key is left, for fetches and for searches (%s)',
  async (where) => {
    const folder = temporaryFolder();
    const settings = { ...SETTINGS, 'data.dir': where === 'disk' ? folder.path : 'memory:' };
    let world = await EngineWorld.open({ settings });
    try {
      await world.engines.topics.catalog.create({ name: 't', partitions: 1, configs: COMPACTED });
      const log = world.partition('t');
      log.append(batch([record('a', 'word 0'), record('b', 'word 1'), record('a', 'word 2')]));
      log.append(batch([record('c', 'word 3'), record('b', 'word 4')]));
      await log.append(batch([record('a', 'word 5')])).durable;
      expect((await world.find('t', 'word')).count).toBe(6);
      await compactAll(world);
      const left = ['3 c word 3', '4 b word 4', '5 a word 5'];
      expect(await fetchAll(world, 't')).toEqual(left);
      expect(await world.find('t', 'word')).toEqual({ count: 3, offsets: [3, 4, 5] });
      expect(world.engines.processing.compaction.status()).toMatchObject({ passes: 1, recordsRemoved: 3, failing: 0 });
      await log.append(batch([record('c', 'word 6')])).durable;
      await compactAll(world);
      if (where === 'disk') {
        await world.close();
        world = await EngineWorld.open({ settings });
      }
      expect(await fetchAll(world, 't')).toEqual(['4 b word 4', '5 a word 5', '6 c word 6']);
      expect(await world.find('t', 'word')).toEqual({ count: 3, offsets: [4, 5, 6] });
    } finally {
      await world.close();
      folder.remove();
    }
  },
);

test('the commands on segments know generations, and find what compaction wrote whole', async () => {
  const folder = temporaryFolder();
  const world = await EngineWorld.open({ settings: { ...SETTINGS, 'data.dir': folder.path } });
  try {
    await world.engines.topics.catalog.create({ name: 't', partitions: 1, configs: COMPACTED });
    for (const value of ['1', '2', '3']) {
      await world.partition('t').append(batch([record('a', value), record('b', value)])).durable;
      await compactAll(world);
    }
    await world.close();
    const ran = async (...args: string[]) => {
      const io = recordedIo({ LOG_LEVEL: 'silent' });
      return { code: await segments([...args, '--data.dir', folder.path], io), out: io.printed.out };
    };
    const { out } = await ran('list', '--kind', 'pack');
    expect(out).toMatch(/^t-0-0{19}4-[1-9] +pack +2 /m);
    expect(await ran('verify')).toMatchObject({ code: 0, out: expect.stringMatching(/, 0 faults$/m) });
    const archive = `${folder.path}/export.tar.gz`;
    expect((await ran('export', '--output', archive)).code).toBe(0);
    expect(gunzipSync(readFileSync(archive)).toString('latin1')).toMatch(/t-0-0{19}4-[1-9]\.log/);
  } finally {
    folder.remove();
  }
});
