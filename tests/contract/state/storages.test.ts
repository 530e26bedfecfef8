import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { openThreadedSqlite } from '../../../src/metadata/sqlite-thread.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { fileSystemStorage } from '../../../src/state/storage-files.ts';
import { memoryStorage } from '../../../src/state/storage-memory.ts';
import { objectStorage } from '../../../src/state/storage-objects.ts';
import { sqlStorage } from '../../../src/state/storage-sql.ts';

import { storageContract } from './suite.ts';

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'quarry-state-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

storageContract('memory', async () => ({ storage: memoryStorage(), baseDir: './state' }));

storageContract('file system', async () => {
  const { path, remove } = folder();
  return { storage: fileSystemStorage(), baseDir: join(path, 'state'), clean: remove };
});

storageContract('a disk in memory', async () => ({
  storage: fileSystemStorage(memoryDisk()),
  baseDir: '/state',
}));

storageContract('objects in memory', async () => ({ storage: objectStorage(memoryStore(systemClock)), baseDir: '/s' }));

storageContract('objects in files', async () => {
  const { path, remove } = folder();
  return {
    storage: objectStorage(await openFileStore(path, { random: systemRandom, clock: systemClock })),
    baseDir: 'a/state',
    clean: remove,
  };
});

storageContract('SQL', async () => {
  const engine = openInlineSqlite(':memory:');
  return { storage: await sqlStorage(engine), baseDir: '/app/state', clean: () => engine.close() };
});

storageContract('SQL in a thread, on a file', async () => {
  const { path, remove } = folder();
  const engine = await openThreadedSqlite(join(path, 'state.db'));
  const clean = async () => {
    await engine.close();
    remove();
  };
  return { storage: await sqlStorage(engine), baseDir: 'state', clean };
});
