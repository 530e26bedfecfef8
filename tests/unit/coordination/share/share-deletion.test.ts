import { expect, test } from 'vitest';
import type { PartitionLog } from '../../../../src/log/types.ts';
import { scriptTopics } from '../script/memory-driver.ts';
import { openCoordinator } from '../script/open-coordinator.ts';

test('a fetch that comes while its group is being deleted begins no share partition', async () => {
  const { coordinator, sql } = await openCoordinator();
  const topic = scriptTopics.byName('t')!;
  const log = { topic: 't', topicId: topic.topicId, partition: 0, logStartOffset: 0, highWatermark: 9 } as PartitionLog;
  await coordinator.share.groups.alterOffsets('g', [{ topic, partitions: [{ partition: 0, startOffset: 3 }] }]);
  expect((await coordinator.share.open('g', log))?.partition.start).toBe(3);
  const deleting = coordinator.deleteGroup('g');
  const opened = coordinator.share.open('g', log);
  expect(await deleting).toBe('NONE');
  expect(await opened).toBeUndefined();
  expect(await sql.query('SELECT * FROM share_partitions')).toEqual([]);
});
