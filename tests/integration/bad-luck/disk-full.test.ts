import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, type ProcessOptions, temporaryFolder } from '../broker/process.ts';

/** What a client is told that does not try again. */
const STORAGE_ERROR = { cause: { type: 'KAFKA_STORAGE_ERROR' } };

/** A folder with little room, which can be given more. */
interface Narrow {
  readonly dataDir: string;
  readonly options: ProcessOptions;
  widen(): ProcessOptions;
  remove(): void;
}

/** A small file system of its own; undefined where this user may not mount one. */
function smallFileSystem(): Narrow | undefined {
  const folder = temporaryFolder();
  const mount = (...args: string[]) => spawnSync('mount', ['-t', 'tmpfs', ...args, 'tmpfs', folder.path]).status === 0;
  if (!mount('-o', 'size=12m')) {
    folder.remove();
    return undefined;
  }
  return {
    dataDir: join(folder.path, 'data'),
    options: {},
    widen() {
      expect(mount('-o', 'remount,size=64m')).toBe(true);
      return {};
    },
    remove() {
      spawnSync('umount', ['-l', folder.path]);
      folder.remove();
    },
  };
}

/** Files may not be larger than a few MiB. */
function limitedFiles(): Narrow {
  const folder = temporaryFolder();
  mkdirSync(folder.path, { recursive: true });
  return {
    dataDir: folder.path,
    options: { under: ['/bin/bash', '-c', 'ulimit -f 4096; exec "$0" "$@"'] },
    widen: () => ({}),
    remove: () => folder.remove(),
  };
}

test.each([
  ['the file system is full', smallFileSystem],
  ['files cannot grow', limitedFiles],
])('when %s nothing more is acknowledged, reads go on, and a start with room works', async (_name, narrow) => {
  const place = narrow();
  if (place === undefined) return console.warn('SKIPPED: this user may not mount a file system');
  onTestFinished(async () => {
    await endProcesses();
    place.remove();
  });
  const args = ['--wal.spare.files', '0', '--processor.mode', 'maintenance', '--search.max.wait.ms', '5000'];
  const broker = await BrokerProcess.serve(place.dataDir, args, place.options);
  const client = new TestClient(broker, 0);
  await client.createTopic('filling');
  const consumer = client.kafka.consumer({ groupId: 'reader', maxWaitTimeInMs: 100 });
  const seen = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topics: ['filling'], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => void seen.add(String(message.value).slice(0, 20)),
  });
  const acked: string[] = [];
  const refused = await fill(client, acked);
  expect(acked.length).toBeGreaterThan(5);
  expect(refused).toMatchObject(STORAGE_ERROR);
  await until('the acknowledged records', () => acked.every((value) => seen.has(value)));
  expect(await client.exact('filling', 'filled')).toBe(acked.length);
  await expect(client.send('filling', ['one more'])).rejects.toMatchObject(STORAGE_ERROR);
  const { status, body } = await client.http('/health');
  expect({
    status,
    wal: body.parts.wal ?? body.parts.find((part: { name: string }) => part.name === 'wal'),
  }).toMatchObject({
    status: 503,
    wal: { status: 'failing', reason: expect.stringContaining('appends are refused until a restart') },
  });
  expect(
    broker.stderr.split('\n').filter((line) => line.includes('the write-ahead log stopped; appends fail')),
  ).toHaveLength(1);
  await consumer.disconnect();
  await client.close();
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 1 });

  const again = await BrokerProcess.serve(place.dataDir, args, place.widen());
  const reader = new TestClient(again);
  await reader.send('filling', [`filled again ${'x'.repeat(500_000)}`]);
  const values = await reader.read('filling', acked.length + 1);
  expect(values.slice(0, acked.length).map((value) => value.slice(0, 20))).toEqual(acked);
  expect(await reader.exact('filling', 'filled')).toBe(values.length);
  await reader.close();
  expect(await again.kill('SIGTERM')).toMatchObject({ code: 0 });
});

/** Produces until it is refused; the reason. */
async function fill(client: TestClient, acked: string[]): Promise<unknown> {
  for (let n = 0; n < 1000; n++) {
    const value = `filled ${n}`.padEnd(20, ' ');
    try {
      await client.send('filling', [`${value}${'x'.repeat(300_000)}`]);
      acked.push(value);
    } catch (error) {
      return error;
    }
  }
  throw new Error('there is no end of room');
}
