import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { KeyDeletionRows } from '../../../src/metadata/key-deletions.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { KeyDeletions, type KeyDeletionParts } from '../../../src/processor/erasure/key-deletions.ts';
import { ManualClock } from './manual-clock.ts';

test('a neighbour in an object that cannot be read keeps the deletion open, and not the rows in the table', async () => {
  const state = { damaged: true, erased: 0 };
  const deletions = new KeyDeletions({
    rows: new KeyDeletionRows(openInlineSqlite(':memory:')),
    partitions: () => [{ topic: 't', topicId: 'T', partition: 0, logEndOffset: 10, logStartOffset: 0 }],
    log: { erase: () => Promise.resolve({ removed: [3] }) },
    tables: {
      erase() {
        state.erased++;
        return Promise.resolve([state.erased === 1 ? 2 : 0]);
      },
    },
    clearing: { run: () => (state.damaged ? Promise.reject(new Error('a pack is damaged')) : Promise.resolve()) },
    submit: () => {},
    clock: new ManualClock(),
    random: seededRandom(1),
    audit: silentLogger,
    metrics: createMetrics(),
  } as unknown as KeyDeletionParts);
  const asked = { topic: 't', topicId: 'T', key: Buffer.from('ann'), principal: 'User:a', host: '127.0.0.1' };
  const { deletionId } = await deletions.request(asked);
  const context = { signal: new AbortController().signal, progress: () => {} };
  await expect(deletions.run('T', context)).rejects.toThrow('a pack is damaged');
  expect(state.erased).toBe(1);
  expect(await deletions.byId(deletionId)).toMatchObject({ finished: undefined, records: 3, tableRows: 2 });
  state.damaged = false;
  await deletions.run('T', context);
  expect(await deletions.byId(deletionId)).toMatchObject({ outcome: 'deleted', records: 3, tableRows: 2 });
});
