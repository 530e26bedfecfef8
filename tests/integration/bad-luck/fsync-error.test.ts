import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Disk, DiskFile } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { Broker } from '../../../src/broker/index.ts';
import { type Addresses, TestClient } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';

/** What a client is told that does not try again. */
const STORAGE_ERROR = { cause: { type: 'KAFKA_STORAGE_ERROR' } };

afterEach(endProcesses);

/** Makes the syncs of WAL files fail from the moment a file appears. */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int spoiled(int fd) {
  const char *trigger = getenv("FAIL_SYNC_WHEN");
  char link[64], path[4096];
  if (trigger == NULL || access(trigger, F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, ".wal") != NULL;
}
int fdatasync(int fd) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (spoiled(fd)) { errno = EIO; return -1; }
  return next(fd);
}
`;

function compileShim(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const source = join(folder, 'shim.c');
  const library = join(folder, 'shim.so');
  writeFileSync(source, SHIM);
  const { status } = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'inherit' });
  return status === 0 ? library : undefined;
}

/** After a failed sync: no acknowledgement then or later, whatever was acknowledged stays readable, and health says why. */
async function expectStopped(broker: Addresses): Promise<void> {
  const client = new TestClient(broker, 0);
  await expect(client.send('synced', ['lost one'])).rejects.toMatchObject(STORAGE_ERROR);
  await expect(client.send('synced', ['lost two'])).rejects.toMatchObject(STORAGE_ERROR);
  expect(await client.read('synced', 3)).toEqual(['kept 0', 'kept 1', 'kept 2']);
  expect(await client.exact('synced', 'kept')).toBe(3);
  expect(await client.exact('synced', 'lost')).toBe(0);
  const { status, body } = await client.http('/health');
  expect(status).toBe(503);
  expect(JSON.stringify(body)).toContain('appends are refused until a restart');
  expect((await client.http('/metrics')).body).toContain('quarry_errors_total{category="wal"} 1\n');
  await client.close();
}

async function produceThree(broker: Addresses): Promise<void> {
  const client = new TestClient(broker);
  for (let n = 0; n < 3; n++) await client.send('synced', [`kept ${n}`]);
  await client.close();
}

test('a failed fdatasync of the real process stops the log; a restart goes on with what was acknowledged', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const shim = compileShim(folder.path);
  if (shim === undefined) return console.warn('SKIPPED: there is no C compiler');
  const trigger = join(folder.path, 'fail');
  const args = ['--search.max.wait.ms', '5000'];
  const broker = await BrokerProcess.serve(data, args, { env: { LD_PRELOAD: shim, FAIL_SYNC_WHEN: trigger } });
  await produceThree(broker);
  writeFileSync(trigger, '');
  await expectStopped(broker);
  expect(
    broker.stderr.split('\n').filter((line) => line.includes('the write-ahead log stopped; appends fail')),
  ).toHaveLength(1);
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 1 });

  const again = await BrokerProcess.serve(data, args);
  const client = new TestClient(again);
  await client.send('synced', ['kept 3']);
  // What was written and not acknowledged may have survived; it may not stand before what was acknowledged.
  const [end] = await (await client.admin()).fetchTopicOffsets('synced');
  const values = await client.read('synced', Number(end!.offset));
  expect(values.slice(0, 3)).toEqual(['kept 0', 'kept 1', 'kept 2']);
  expect(values.at(-1)).toBe('kept 3');
  expect(await client.exact('synced', '*')).toBe(values.length);
  await client.close();
  expect(await again.kill('SIGTERM')).toMatchObject({ code: 0 });
  folder.remove();
});

test('a failed fdatasync of an embedded broker stops its log', async () => {
  const disk = memoryDisk();
  let failing = false;
  const wrap = (file: DiskFile): DiskFile => ({
    path: file.path,
    writeSync: (buffers, position) => file.writeSync(buffers, position),
    datasync: () => (failing ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : file.datasync()),
    readSync: (into, position) => file.readSync(into, position),
    read: (into, position) => file.read(into, position),
    sizeSync: () => file.sizeSync(),
    truncateSync: (length) => file.truncateSync(length),
    close: () => file.close(),
  });
  const faulty: Disk = { ...disk, open: (path, mode) => wrap(disk.open(path, mode)) };
  const broker = await Broker.start({ parts: { disk: faulty }, settings: { 'search.max.wait.ms': 5000 } });
  const addresses = { bootstrap: broker.bootstrap, http: broker.httpAddress };
  await produceThree(addresses);
  failing = true;
  await expectStopped(addresses);
  await expect(broker.stop()).rejects.toThrow('the write-ahead log stopped');
});
