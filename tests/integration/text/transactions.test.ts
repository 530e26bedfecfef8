import { expect, test } from 'vitest';
import { below, seededRandom, uuidFromString } from '../../../src/base/random.ts';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { batch, EngineWorld, marker, record } from './engines.ts';
import { BUSY, CALM } from './world.ts';

const transactional = (producerId: number, baseSequence: number) => ({
  producerId,
  producerEpoch: 0,
  baseSequence,
  isTransactional: true,
});

test('an open transaction is not found, a committed one is, an aborted one never', async () => {
  const world = await EngineWorld.open({ settings: { ...CALM } });
  try {
    await world.engines.topics.catalog.create({ name: 't', partitions: 1, configs: [] });
    const log = world.partition('t');
    log.append(batch([record(null, 'word plain')]));
    log.append(batch([record(null, 'word one'), record(null, 'word one')], transactional(1, 0)));
    log.append(batch([record(null, 'word two')], transactional(2, 0)));
    await log.append(batch([record(null, 'word plain')])).durable;
    expect(await world.find('t', 'word')).toEqual({ count: 1, offsets: [0] });
    await log.append(marker(1, 'commit'), 'coordinator').durable;
    expect(await world.find('t', 'word')).toEqual({ count: 3, offsets: [0, 1, 2] });
    await log.append(marker(2, 'abort'), 'coordinator').durable;
    expect(await world.find('t', 'word')).toEqual({ count: 4, offsets: [0, 1, 2, 4] });
    expect((await world.find('t', '*')).count).toBe(4);
    expect((await world.find('t', 'two')).count).toBe(0);
  } finally {
    await world.close();
  }
});

test('an open transaction does not keep the WAL, and is found when it ends', async () => {
  const world = await EngineWorld.open({ settings: { ...BUSY } });
  try {
    const { catalog, log } = world.engines.topics;
    await catalog.create({ name: 't', partitions: 1, configs: [] });
    await catalog.create({ name: 'u', partitions: 1, configs: [] });
    world.partition('t').append(batch([record(null, 'word')], transactional(1, 0)));
    world.partition('u').append(batch([record(null, 'word')]));
    await world.partition('t').append(batch([record(null, 'word')])).durable;
    await until(
      'the WAL to be let go',
      () =>
        log.wal.sealedSegments().length === 0 &&
        log.wal.partition(uuidFromString(world.partition('u').topicId), 0).parts.length === 0,
    );
    expect((await world.find('t', 'word')).count).toBe(0);
    await world.partition('t').append(marker(1, 'commit'), 'coordinator').durable;
    expect(await world.find('t', 'word')).toEqual({ count: 2, offsets: [0, 1] });
  } finally {
    await world.close();
  }
}, 30_000);

test('an open transaction that is larger than the memory for indexes holds up nothing else', async () => {
  const MIB = 1024 * 1024;
  const settings = { ...CALM, 'wal.seal.bytes': 64 * MIB, 'index.memory.bytes': MIB };
  const world = await EngineWorld.open({ settings });
  try {
    const { catalog } = world.engines.topics;
    await catalog.create({ name: 't', partitions: 1, configs: [] });
    await catalog.create({ name: 'u', partitions: 1, configs: [] });
    const large = `word ${'x'.repeat(10_000)}`;
    for (let sequence = 0; sequence < 300; sequence += 10)
      world.partition('t').append(
        batch(
          Array.from({ length: 10 }, () => record(null, large)),
          transactional(1, sequence),
        ),
      );
    await world.partition('u').append(batch([record(null, 'word')])).durable;
    expect(await world.find('u', 'word')).toEqual({ count: 1, offsets: [0] });
    await world.partition('t').append(marker(1, 'commit'), 'coordinator').durable;
    expect((await world.find('t', 'word')).count).toBe(300);
  } finally {
    await world.close();
  }
}, 60_000);

test.each([
  [1, 'memory'],
  [2, 'disk'],
  [3, 'disk'],
])(
  'totals are those of a reader of committed records, while WAL segments go and after restarts (seed %i, %s)',
  async (seed, where) => {
    const folder = temporaryFolder();
    const random = seededRandom(seed);
    const settings = {
      ...BUSY,
      'wal.seal.bytes': 16 * 1024,
      'tail.max.bytes': 32 * 1024,
      'data.dir': where === 'disk' ? folder.path : 'memory:',
    };
    let world = await EngineWorld.open({ settings });
    const open = new Map<number, { sequence: number; offsets: number[] }>();
    const sequences = new Map<number, number>();
    const committed = new Set<number>();
    try {
      await world.engines.topics.catalog.create({ name: 't', partitions: 1, configs: [] });
      for (let round = 0; round < 12; round++) {
        for (let step = 0; step < 40; step++) {
          const log = world.partition('t');
          const producer = below(random, 4);
          const records = Array.from({ length: 1 + below(random, 5) }, () => record(null, `word ${'x'.repeat(200)}`));
          const running = open.get(producer);
          if (producer === 0) {
            const { baseOffset, lastOffset, durable } = log.append(batch(records));
            for (let at = baseOffset; at <= lastOffset; at++) committed.add(at);
            await durable;
          } else if (running !== undefined && below(random, 3) === 0) {
            const type = below(random, 2) === 0 ? 'abort' : 'commit';
            await log.append(marker(producer, type), 'coordinator').durable;
            if (type === 'commit') for (const at of running.offsets) committed.add(at);
            open.delete(producer);
          } else {
            const sequence = sequences.get(producer) ?? 0;
            const { baseOffset, lastOffset, durable } = log.append(batch(records, transactional(producer, sequence)));
            sequences.set(producer, sequence + records.length);
            const offsets = running?.offsets ?? [];
            for (let at = baseOffset; at <= lastOffset; at++) offsets.push(at);
            open.set(producer, { sequence, offsets });
            await durable;
          }
        }
        const { lastStableOffset } = world.partition('t');
        const visible = [...committed].filter((offset) => offset < lastStableOffset).sort((a, b) => a - b);
        const found = await world.find('t', 'word');
        expect(found.count, `round ${round}`).toBe(visible.length);
        expect(found.offsets, `round ${round}`).toEqual(visible.slice(0, 1000));
        if (round % 3 === 1) await world.engines.processing.packs.run(true);
        if (round % 4 === 3 && where === 'disk') {
          await world.close();
          world = await EngineWorld.open({ settings });
        }
      }
    } finally {
      await world.close();
      folder.remove();
    }
  },
  60_000,
);
