import { expect, test } from 'vitest';
import { batchesOf, decodeRecords } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { temporaryFolder } from '../broker/process.ts';
import { batch, EngineWorld, marker, record } from '../text/engines.ts';
import { BUSY } from '../text/world.ts';

const SETTINGS = {
  ...BUSY,
  'wal.seal.age.ms': 20,
  'log.cleaner.backoff.ms': 3_600_000,
  'log.cleaner.dedupe.buffer.size': 1024,
  'tail.max.bytes': 16 * 1024,
};

/** The offsets that a reader of committed records is shown. */
async function committedOffsets(world: EngineWorld): Promise<number[]> {
  const log = world.partition('t');
  const found: number[] = [];
  for (let offset = log.logStartOffset; offset < log.lastStableOffset; ) {
    const { chunks, abortedTransactions } = await log.read(offset, 20_000, 'read_committed', true);
    for (const chunk of chunks)
      for (const header of batchesOf(chunk)) {
        const { producerId, baseOffset } = header;
        const aborted = abortedTransactions.some(
          (one) => one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset,
        );
        if (!header.isControl && !(header.isTransactional && aborted))
          decodeRecords(chunk.subarray(header.position), codecs, 1e6, (one) => {
            if (one.offset >= offset) found.push(one.offset);
          });
        offset = header.lastOffset + 1;
      }
    if (chunks.length === 0) throw new Error(`nothing is shown at ${offset}`);
  }
  return found;
}

test.each([
  [1, 'memory'],
  [2, 'memory'],
  [3, 'disk'],
  [4, 'disk'],
])(
  'searches find exactly what a reader of committed records is shown, while all of it is compacted (seed %i, %s)',
  async (seed, where) => {
    const folder = temporaryFolder();
    const random = seededRandom(seed);
    const settings = { ...SETTINGS, 'data.dir': where === 'disk' ? folder.path : 'memory:' };
    let world = await EngineWorld.open({ settings });
    const sequences = new Map<number, number>();
    const open = new Set<number>();
    let most = 0;
    try {
      const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '0' };
      const list = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await world.engines.topics.catalog.create({ name: 't', partitions: 1, configs: list });
      for (let round = 0; round < 16; round++) {
        for (let step = 0; step < 20; step++) {
          const log = world.partition('t');
          const producer = below(random, 3);
          if (open.has(producer) && below(random, 3) === 0) {
            await log.append(marker(producer, below(random, 2) === 0 ? 'abort' : 'commit'), 'coordinator').durable;
            open.delete(producer);
            continue;
          }
          const records = Array.from({ length: 1 + below(random, 4) }, () =>
            record(
              `key-${below(random, 60)}`,
              below(random, 5) === 0 ? null : `word ${'x'.repeat(below(random, 200))}`,
            ),
          );
          const baseSequence = sequences.get(producer) ?? 0;
          sequences.set(producer, baseSequence + records.length);
          const transactional = { producerId: producer, producerEpoch: 0, baseSequence, isTransactional: true };
          if (producer > 0) open.add(producer);
          await log.append(batch(records, producer > 0 ? transactional : {})).durable;
        }
        const { packs, compaction, text } = world.engines.processing;
        if (below(random, 3) === 0) await text.seal();
        await packs.run(true);
        if (below(random, 4) > 0) await compaction.run();
        expect(compaction.status().failing).toBe(0);
        const shown = await committedOffsets(world);
        const found = await world.find('t', '*');
        expect(found.count, `round ${round}`).toBe(shown.length);
        expect(found.offsets, `round ${round}`).toEqual(shown);
        most = world.partition('t').highWatermark;
        if (where === 'disk' && round % 5 === 4) {
          await world.close();
          world = await EngineWorld.open({ settings });
        }
      }
      expect((await committedOffsets(world)).length).toBeLessThan(most / 2);
    } finally {
      await world.close();
      folder.remove();
    }
  },
  90_000,
);
