import { afterEach, beforeEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { createTopic, KillProducer, readAll } from './kill-client.ts';

/** How often the broker is killed: KILLS, or a few. */
const KILLS = Number(process.env['KILLS'] ?? 6);
const PARTITIONS = 3;
/** Small segments and a hurried processor, so that packs are made and WAL files are used again all the while. */
const ARGUMENTS = Object.entries({
  'wal.seal.bytes': 1_048_576,
  'wal.seal.age.ms': 300,
  'tail.max.bytes': 100_000,
  'processor.interval.ms': 200,
  'processor.min.segment.age.ms': 0,
}).flatMap(([name, value]) => [`--${name}`, String(value)]);

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await endProcesses();
  folder.remove();
});

const portOf = (broker: BrokerProcess): number => Number(broker.bootstrap.split(':')[1]);

/** Starts the broker; sometimes it is killed while it starts, and has to start again. */
async function start(random: ReturnType<typeof seededRandom>): Promise<BrokerProcess> {
  if (random.float() < 0.2) {
    const early = BrokerProcess.serve(folder.path, ARGUMENTS).catch(() => undefined);
    await sleep(systemClock, below(random, 800));
    await endProcesses();
    await early;
  }
  return BrokerProcess.serve(folder.path, ARGUMENTS);
}

test(
  `${KILLS} times kill -9 under load: nothing acknowledged is lost, doubled or out of order`,
  async () => {
    const random = seededRandom(KILLS);
    const producers = Array.from({ length: PARTITIONS }, (_, partition) => new KillProducer(partition));
    for (let kill = 0; kill < KILLS; kill++) {
      const broker = await start(random);
      if (kill === 0) await createTopic(portOf(broker), PARTITIONS);
      const running = producers.map((producer) => producer.run(portOf(broker), () => false));
      await sleep(systemClock, 50 + below(random, 700));
      await broker.kill('SIGKILL');
      await Promise.all(running);
    }
    const last = await BrokerProcess.serve(folder.path, ARGUMENTS);
    await Promise.all(producers.map((producer) => producer.run(portOf(last), () => true)));
    for (const producer of producers) {
      const { partition, acknowledged } = producer;
      expect({ partition, refusals: producer.refusals, done: producer.done }).toEqual({
        partition,
        refusals: [],
        done: true,
      });
      const found = await readAll(portOf(last), partition);
      const values = [...found.values()];
      const sent = Array.from({ length: values.length }, (_, i) => `${partition}:${i}`);
      // Everything is acknowledged by now: each value once, in order, at the offset that was told.
      expect(values.length).toBe(acknowledged.size);
      expect(values.find((value, i) => value !== sent[i])).toBeUndefined();
      expect([...found].find(([offset, value]) => acknowledged.get(offset) !== value)).toBeUndefined();
      expect(values.length).toBeGreaterThan(KILLS);
    }
    const { code } = await last.kill('SIGTERM');
    expect(code).toBe(0);
  },
  60_000 + KILLS * 10_000,
);
