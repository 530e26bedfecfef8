import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ThreadedCompacting } from '../../../src/processor/compaction/thread.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-compaction-thread-'));
  mkdirSync(join(folder, 'objects'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what a thread was about to store when it died is abandoned: nothing else keeps the sweep from it', async () => {
  const compacting = new ThreadedCompacting(
    {
      objectsUrl: `file:${folder}/objects`,
      retry: { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 },
      temporaryFolder: `${folder}/merging`,
      indexBasePath: 'indexes',
      decompressedLimitBytes: 1e6,
      logLevels: silentLogger.levels.shared,
    },
    systemClock,
  );
  const uploads = new Set<string>();
  let announced = 0;
  const host = {
    announce(objectKey: string) {
      uploads.add(objectKey);
      announced++;
      void compacting.close();
      return new Promise<void>(() => {});
    },
    abandon: (objectKey: string) => void uploads.delete(objectKey),
    swapPack: () => Promise.reject(new Error('nothing was stored')),
    swapText: () => Promise.reject(new Error('nothing was stored')),
  };
  const task = { topicId: 'T', partition: 0, from: 0, to: 10, sections: [], aborted: [], maxBytesPerSecond: 1e9 };
  await expect(compacting.mergeText(task, host)).rejects.toThrow('the compaction thread has ended');
  expect(announced).toBe(1);
  expect(uploads.size).toBe(0);
}, 30_000);
