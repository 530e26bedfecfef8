import { type DeletedBy, raiseLogStart } from './partitions.ts';
import { sectionRegistry, textSegmentRegistry } from './registry.ts';
import type { SqlEngine } from './types.ts';

/**
 * Raises a partition's log start and forgets the sections and text segments that end before it, in one transaction; objects that are left
 * without any become garbage. Durable when resolved. A lower offset than the present one changes nothing.
 */
export async function saveLogStart(
  sql: SqlEngine,
  topicId: string,
  partition: number,
  offset: number,
  by: DeletedBy,
  now: number,
): Promise<void> {
  await sql.transaction([
    raiseLogStart(topicId, partition, offset, by),
    ...sectionRegistry(sql).forgetBefore(topicId, partition, offset, now),
    ...textSegmentRegistry(sql).forgetBefore(topicId, partition, offset, now),
  ]);
}
