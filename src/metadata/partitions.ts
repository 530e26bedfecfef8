import { int, str } from './rows.ts';
import type { SectionRow, SqlEngine, SqlStatement } from './types.ts';

/**
 * What is known of a partition that ever raised its log start or was packed. Kept as sums, so that a start costs a row for each partition and
 * not one for each section.
 */
export interface PartitionRow {
  readonly topicId: string;
  readonly partition: number;
  readonly logStart: number;
  /** Records of offsets below were deleted because somebody asked for it (DeleteRecords); 0 when nobody did. */
  readonly deletedBelow: number;
  /** The offset after the last one that was ever in a pack; 0 when none was. */
  readonly packedUpTo: number;
  /** Bytes of the sections that are registered. */
  readonly packedBytes: number;
}

export async function partitionRows(sql: SqlEngine): Promise<PartitionRow[]> {
  const rows = await sql.query(
    `SELECT topic_id, partition, log_start, deleted_below, packed_up_to, packed_bytes FROM partitions
     ORDER BY topic_id, partition`,
  );
  return rows.map((row) => ({
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    logStart: int(row, 'log_start'),
    deletedBelow: int(row, 'deleted_below'),
    packedUpTo: int(row, 'packed_up_to'),
    packedBytes: int(row, 'packed_bytes'),
  }));
}

/** Why a log start rises: somebody asked for it, or the settings of the topic say so. */
export type DeletedBy = 'request' | 'retention';

/** Statement that raises a log start; a lower value changes nothing, because a log start never goes back. */
export function raiseLogStart(topicId: string, partition: number, offset: number, by: DeletedBy): SqlStatement {
  const higher = (column: string): string =>
    `${column} = CASE WHEN excluded.${column} > partitions.${column} THEN excluded.${column} ELSE partitions.${column} END`;
  return {
    sql: `INSERT INTO partitions (topic_id, partition, log_start, deleted_below, packed_up_to, packed_bytes)
          VALUES (?, ?, ?, ?, 0, 0)
          ON CONFLICT (topic_id, partition) DO UPDATE SET ${higher('log_start')}, ${higher('deleted_below')}`,
    params: [topicId, partition, offset, by === 'request' ? offset : 0],
  };
}

/** Statement that adds a section to its partition's sums, right after its insert; nothing happens when that inserted nothing. */
export function addPacked(row: SectionRow): SqlStatement {
  return {
    sql: `INSERT INTO partitions (topic_id, partition, log_start, packed_up_to, packed_bytes)
          SELECT topic_id, partition, 0, last_offset + 1, length FROM sections
          WHERE topic_id = ? AND partition = ? AND base_offset = ? AND generation = ?
          ON CONFLICT (topic_id, partition) DO UPDATE SET packed_bytes = partitions.packed_bytes + excluded.packed_bytes,
            packed_up_to = CASE WHEN excluded.packed_up_to > partitions.packed_up_to
              THEN excluded.packed_up_to ELSE partitions.packed_up_to END`,
    params: [row.topicId, row.partition, row.baseOffset, row.generation],
  };
}
