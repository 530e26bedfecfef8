import { afterEach, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { run as segments } from '../../../src/main/commands/segments.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { recordedIo } from '../http-commands/io.ts';

afterEach(endProcesses);

const ARGS = {
  'wal.seal.age.ms': '50',
  'wal.seal.bytes': '65536',
  'processor.interval.ms': '100',
  'processor.min.segment.age.ms': '0',
  'processor.garbage.grace.ms': '0',
  'log.cleaner.backoff.ms': '20',
  'log.cleaner.dedupe.buffer.size': '1200',
  'search.max.wait.ms': '8000',
};
const KEYS = 80;
const KILLS = 6;

test('a broker that is killed while it compacts loses no key, and search shows what fetches show', async () => {
  const folder = temporaryFolder();
  const random = seededRandom(11);
  const serve = () =>
    BrokerProcess.serve(
      folder.path,
      Object.entries(ARGS).flatMap(([name, value]) => [`--${name}`, value]),
    );
  const latest = new Map<string, number>();
  let counter = 0;
  let broker = await serve();
  let client = new TestClient(broker);
  try {
    const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.bytes': '1048576' };
    await client.createTopic('table', 1, configs);
    for (let kill = 0; kill < KILLS; kill++) {
      const producer = await client.producer();
      for (let round = 0; round < 12; round++) {
        const messages = Array.from({ length: 20 }, () => {
          const key = `key-${below(random, KEYS)}`;
          latest.set(key, ++counter);
          return { key, value: JSON.stringify({ n: counter, word: 'row', padding: 'x'.repeat(below(random, 300)) }) };
        });
        await producer.send({ topic: 'table', messages });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until('a pass of compaction', async () => (await status(client)).passes > 0);
      await broker.kill('SIGKILL');
      await client.close().catch(() => {});
      broker = await serve();
      client = new TestClient(broker);
    }
    const rest = async (): Promise<number> => client.exact('table', 'word:row');
    await until('everything to be compacted', async () => (await rest()) === latest.size, 60_000);
    const values = await client.read('table', latest.size);
    expect(values).toHaveLength(latest.size);
    expect(new Set(values.map((value) => (JSON.parse(value) as { n: number }).n))).toEqual(new Set(latest.values()));
    expect((await status(client)).failing).toBe(0);
    await client.close();
    await broker.kill('SIGTERM');
    const io = recordedIo({ LOG_LEVEL: 'silent' });
    expect(await segments(['verify', '--data.dir', folder.path], io), io.printed.out).toBe(0);
    expect(io.printed.out).toMatch(/, 0 faults$/m);
  } finally {
    await endProcesses();
    folder.remove();
  }
}, 180_000);

async function status(client: TestClient): Promise<{ passes: number; failing: number }> {
  const { body } = await client.http('/admin/processor');
  return (body as { compaction: { passes: number; failing: number } }).compaction;
}
