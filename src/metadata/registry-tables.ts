import { int, str } from './rows.ts';
import type { SectionRow, SegmentRow, SqlRow, SqlStatement, SqlValue, TextSegmentRow } from './types.ts';

/** How one kind of segment is kept. */
export interface SegmentTable<Row> {
  readonly name: string;
  /** Column with the number of records. */
  readonly count: string;
  parse(row: SqlRow): Row;
  insert(row: Row): SqlStatement;
  /** Statements to run before the rows of one partition that match `where` are deleted. */
  beforeForget(topicId: string, partition: number, where: string, params: readonly SqlValue[]): SqlStatement[];
}

type Shared = SegmentRow;

function parseShared(row: SqlRow): Shared {
  return {
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    baseOffset: int(row, 'base_offset'),
    lastOffset: int(row, 'last_offset'),
    generation: int(row, 'generation'),
    objectKey: str(row, 'object_key'),
    position: int(row, 'position'),
    length: int(row, 'length'),
    minTimestamp: int(row, 'min_timestamp'),
    maxTimestamp: int(row, 'max_timestamp'),
    created: int(row, 'created'),
  };
}

/**
 * A topic deleted while its segment was being built has no row any more, and the log start may have risen above all that the segment has: then nothing
 * is inserted, and the object is found to be garbage. What is below a log start is forgotten when that rises, and never again looked for. The casts tell
 * PostgreSQL the types, which it cannot infer in a SELECT list.
 */
function insertInto(
  table: string,
  count: string,
  row: Shared,
  records: number,
  more: Readonly<Record<string, string>> = {},
): SqlStatement {
  const values: SqlValue[] = [
    row.topicId,
    row.partition,
    row.baseOffset,
    row.lastOffset,
    row.generation,
    row.objectKey,
    row.position,
    row.length,
    records,
    row.minTimestamp,
    row.maxTimestamp,
    row.created,
    ...Object.values(more),
  ];
  const names = Object.keys(more);
  return {
    sql: `INSERT INTO ${table} (topic_id, partition, base_offset, last_offset, generation, object_key, position, length,
            ${[count, 'min_timestamp', 'max_timestamp', 'created', ...names].join(', ')})
          SELECT CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS INTEGER),
            CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT),
            CAST(? AS BIGINT)${', CAST(? AS TEXT)'.repeat(names.length)}
          WHERE EXISTS (SELECT 1 FROM topics WHERE topic_id = ?)
            AND NOT EXISTS (SELECT 1 FROM partitions WHERE topic_id = ? AND partition = ? AND log_start > ?)`,
    params: [...values, row.topicId, row.topicId, row.partition, row.lastOffset],
  };
}

export const SECTIONS: SegmentTable<SectionRow> = {
  name: 'sections',
  count: 'records',
  parse: (row) => ({ ...parseShared(row), records: int(row, 'records') }),
  insert: (row) => insertInto('sections', 'records', row, row.records),
  beforeForget: (topicId, partition, where, params) => [
    {
      sql: `UPDATE partitions SET packed_bytes = packed_bytes - (SELECT COALESCE(SUM(length), 0) FROM sections WHERE ${where})
            WHERE topic_id = ? AND partition = ?`,
      params: [...params, topicId, partition],
    },
  ],
};

export const TEXT_SEGMENTS: SegmentTable<TextSegmentRow> = {
  name: 'text_segments',
  count: 'documents',
  parse(row) {
    const rule = str(row, 'rule');
    return { ...parseShared(row), documents: int(row, 'documents'), ...(rule !== '' && { rule }) };
  },
  insert: (row) => insertInto('text_segments', 'documents', row, row.documents, { rule: row.rule ?? '' }),
  beforeForget: () => [],
};
