import { afterEach, expect, test } from 'vitest';
import type { Disk, DiskFile } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { CALM, startWorld, stopWorld, type World } from './world.ts';

let world: World;
afterEach(() => stopWorld(world));

const POISON = Buffer.from('poisoned');

/** A disk whose medium loses a bit of whatever WAL entry contains a word: readers see it, the writer does not. */
function poisonedDisk(): Disk {
  const disk = memoryDisk();
  const spoil = (bytes: Uint8Array): void => {
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(POISON);
    if (at >= 0) bytes[at]! ^= 1;
  };
  const wrap = (file: DiskFile): DiskFile => ({
    path: file.path,
    writeSync: (buffers, position) => file.writeSync(buffers, position),
    datasync: () => file.datasync(),
    readSync(into, position) {
      const count = file.readSync(into, position);
      spoil(into);
      return count;
    },
    async read(into, position) {
      const count = await file.read(into, position);
      spoil(into);
      return count;
    },
    sizeSync: () => file.sizeSync(),
    truncateSync: (length) => file.truncateSync(length),
    close: () => file.close(),
  });
  return {
    ...disk,
    open: (path, mode) => (path.endsWith('.wal') ? wrap(disk.open(path, mode)) : disk.open(path, mode)),
  };
}

/** Keeps the messages of errors. */
function listening(errors: string[]): Logger {
  const logger: Logger = {
    ...silentLogger,
    debug() {},
    info() {},
    warn() {},
    error: (_fields, message) => void errors.push(message),
    child: () => logger,
  };
  return logger;
}

test.each(['in the middle', 'at the end'])(
  'a corrupt WAL entry %s of a partition is reported and left out',
  async (where) => {
    const errors: string[] = [];
    const settings = { ...CALM, 'tail.max.bytes': 0 };
    world = await startWorld({ settings, logger: listening(errors), parts: { disk: poisonedDisk() } });
    const { client } = world;
    await client.createTopic('spoiled', 1);
    await client.createTopic('sound', 1);
    await client.send('spoiled', ['good one']);
    await client.send('spoiled', ['poisoned two']);
    await client.send('sound', ['good other']);
    if (where === 'in the middle') await client.send('spoiled', ['good three']);
    const good = where === 'in the middle' ? 2 : 1;
    expect(await client.exact('spoiled', 'good')).toBe(good);
    expect(await client.exact('spoiled', '*')).toBe(good);
    expect(await client.exact('sound', 'good')).toBe(1);
    expect(errors).toContain('a stretch of the write-ahead log is corrupt; its records are not found by search');
    const { body } = await client.http('/admin/processor');
    expect(body.text.corrupt).toBeGreaterThan(0);
  },
);
