import { int, str } from './rows.ts';
import type { SqlEngine } from './types.ts';

/** An object that holds little. */
export interface SmallObject {
  readonly objectKey: string;
  /** Bytes of batches of the topics that were asked for. */
  readonly bytes: number;
  readonly sections: number;
  /** When the first of its sections was registered, ms since the epoch. */
  readonly created: number;
}

/** Partitions of which many small text segments are registered. */
export interface SmallTexts {
  readonly topicId: string;
  readonly partition: number;
  readonly segments: number;
}

/** Most that is looked at in one go; the rest in the next. */
const MOST = 2000;

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** Packs that hold less than `belowBytes` of these topics, the smallest first: those that were merged nearly reach it, and would leave no room for others. */
export async function smallObjects(
  sql: SqlEngine,
  topicIds: readonly string[],
  belowBytes: number,
): Promise<SmallObject[]> {
  if (topicIds.length === 0) return [];
  const rows = await sql.query(
    `SELECT object_key, SUM(length) AS bytes, COUNT(*) AS sections, MIN(created) AS created FROM sections
     WHERE topic_id IN (${marks(topicIds)}) GROUP BY object_key HAVING SUM(length) < ? ORDER BY SUM(length), object_key LIMIT ${MOST}`,
    [...topicIds, belowBytes],
  );
  return rows.map((row) => ({
    objectKey: str(row, 'object_key'),
    bytes: int(row, 'bytes'),
    sections: int(row, 'sections'),
    created: int(row, 'created'),
  }));
}

/** Partitions of these topics with at least `least` text segments below `belowBytes`. */
export async function smallTexts(
  sql: SqlEngine,
  topicIds: readonly string[],
  belowBytes: number,
  least: number,
): Promise<SmallTexts[]> {
  if (topicIds.length === 0) return [];
  const rows = await sql.query(
    `SELECT topic_id, partition, COUNT(*) AS segments FROM text_segments
     WHERE topic_id IN (${marks(topicIds)}) AND length < ?
     GROUP BY topic_id, partition HAVING COUNT(*) >= ? ORDER BY COUNT(*) DESC, topic_id, partition LIMIT ${MOST}`,
    [...topicIds, belowBytes, least],
  );
  return rows.map((row) => ({
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    segments: int(row, 'segments'),
  }));
}
