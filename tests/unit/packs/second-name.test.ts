import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemDisk } from '../../../src/base/disk-system.ts';
import { PackWriter } from '../../../src/packs/writer.ts';
import { batch, TOPIC_A } from './batches.ts';

test('a pack is not written into a file that is an object by a second name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-second-name-'));
  try {
    const [path, object] = [join(folder, 'merged.pack'), join(folder, 'object')];
    writeFileSync(path, 'what was stored');
    linkSync(path, object);
    const writer = new PackWriter(systemDisk, path);
    writer.beginSection({ topicId: TOPIC_A, partition: 0, generation: 0 });
    writer.append(batch(0, [1, 2]));
    writer.endSection();
    writer.finish();
    expect(readFileSync(object, 'utf8')).toBe('what was stored');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
