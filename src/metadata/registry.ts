import { SECTIONS, type SegmentTable, TEXT_SEGMENTS } from './registry-tables.ts';
import { int, str } from './rows.ts';
import type { SectionRow, SegmentRow, SqlEngine, SqlRow, SqlStatement, TextSegmentRow } from './types.ts';

/** What is registered of one partition. */
export interface PartitionBounds {
  readonly topicId: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly segments: number;
  /** Records of sections, documents of text segments. */
  readonly records: number;
  readonly bytes: number;
  readonly maxTimestamp: number;
}

/** Names a segment among those of its kind. */
export type SegmentKey = Pick<SegmentRow, 'topicId' | 'partition' | 'baseOffset' | 'generation'>;

/** Rows of one kind (sections or text segments): which object holds which offsets, times, counts and bytes. */
export class SegmentRegistry<Row extends SegmentRow> {
  readonly #sql: SqlEngine;
  readonly #table: SegmentTable<Row>;

  constructor(sql: SqlEngine, table: SegmentTable<Row>) {
    this.#sql = sql;
    this.#table = table;
  }

  async #rows(where: string, params: readonly (string | number)[]): Promise<Row[]> {
    const rows = await this.#sql.query(`SELECT * FROM ${this.#table.name} WHERE ${where}`, params);
    return rows.map((row) => this.#table.parse(row));
  }

  /**
   * The segment that holds `offset`, or else the first one after it; undefined when there is none. Of several generations the
   * highest.
   */
  async atOrAfter(topicId: string, partition: number, offset: number): Promise<Row | undefined> {
    const where =
      'topic_id = ? AND partition = ? AND last_offset >= ? ORDER BY last_offset, generation DESC, base_offset LIMIT 1';
    return (await this.#rows(where, [topicId, partition, offset]))[0];
  }

  /** Segments that overlap the offsets [from, to), by base offset; at most `limit`. */
  overlapping(topicId: string, partition: number, from: number, to: number, limit = 1_000_000): Promise<Row[]> {
    const where =
      'topic_id = ? AND partition = ? AND last_offset >= ? AND base_offset < ? ORDER BY base_offset, generation LIMIT ?';
    return this.#rows(where, [topicId, partition, from, to, limit]);
  }

  /** All segments that lie in an object. */
  ofObject(objectKey: string): Promise<Row[]> {
    return this.#rows('object_key = ? ORDER BY topic_id, partition, base_offset', [objectKey]);
  }

  /** The first segment at or after `offset` that has a record of at least `timestamp`. */
  async firstSince(topicId: string, partition: number, timestamp: number, offset: number): Promise<Row | undefined> {
    const where =
      'topic_id = ? AND partition = ? AND last_offset >= ? AND max_timestamp >= ? ORDER BY last_offset, generation DESC LIMIT 1';
    return (await this.#rows(where, [topicId, partition, offset, timestamp]))[0];
  }

  /** The segment at or after `offset` with the highest timestamp; the first one of those. */
  async latest(topicId: string, partition: number, offset: number): Promise<Row | undefined> {
    const where =
      'topic_id = ? AND partition = ? AND last_offset >= ? ORDER BY max_timestamp DESC, base_offset LIMIT 1';
    return (await this.#rows(where, [topicId, partition, offset]))[0];
  }

  /** A page of all segments in key order, after the one given; of one topic when it is given. */
  async page(limit: number, after?: SegmentKey, topicId?: string): Promise<Row[]> {
    const filters: string[] = [];
    const params: (string | number)[] = [];
    if (topicId !== undefined) {
      filters.push('topic_id = ?');
      params.push(topicId);
    }
    if (after !== undefined) {
      filters.push('(topic_id, partition, base_offset, generation) > (?, ?, ?, ?)');
      params.push(after.topicId, after.partition, after.baseOffset, after.generation);
    }
    const where = filters.length === 0 ? '1 = 1' : filters.join(' AND ');
    return this.#rows(`${where} ORDER BY topic_id, partition, base_offset, generation LIMIT ?`, [...params, limit]);
  }

  /** What is registered of each partition, or of one. */
  async bounds(topicId?: string, partition?: number): Promise<PartitionBounds[]> {
    const filters: [string, string | number][] = [];
    if (topicId !== undefined) filters.push(['topic_id = ?', topicId]);
    if (partition !== undefined) filters.push(['partition = ?', partition]);
    const where = filters.length === 0 ? '' : `WHERE ${filters.map(([condition]) => condition).join(' AND ')}`;
    const rows = await this.#sql.query(
      `SELECT topic_id, partition, MIN(base_offset) AS base_offset, MAX(last_offset) AS last_offset, COUNT(*) AS segments,
         SUM(${this.#table.count}) AS records, SUM(length) AS bytes, MAX(max_timestamp) AS max_timestamp
       FROM ${this.#table.name} ${where} GROUP BY topic_id, partition ORDER BY topic_id, partition`,
      filters.map(([, value]) => value),
    );
    return rows.map(parseBounds);
  }

  /** Statement that inserts `row` if its topic still exists and the log start is not above it; an equal key already there is a conflict. */
  insert(row: Row): SqlStatement {
    return this.#table.insert(row);
  }

  /** Statements that forget the segments of a partition which end before `offset`; objects left without any become garbage. */
  forgetBefore(topicId: string, partition: number, offset: number, now: number): SqlStatement[] {
    const where = 'topic_id = ? AND partition = ? AND last_offset < ?';
    const params = [topicId, partition, offset];
    return [...this.#table.beforeForget(topicId, partition, where, params), ...this.#forget(where, params, now)];
  }

  /** Statements that forget all segments of a topic. */
  forgetTopic(topicId: string, now: number): SqlStatement[] {
    return this.#forget('topic_id = ?', [topicId], now);
  }

  /** Statements that forget one segment (replaced by a rewrite, or found bad). */
  forgetOne(row: SegmentKey, now: number): SqlStatement[] {
    const where = 'topic_id = ? AND partition = ? AND base_offset = ? AND generation = ?';
    const params = [row.topicId, row.partition, row.baseOffset, row.generation];
    const before = this.#table.beforeForget(row.topicId, row.partition, where, params);
    return [...before, ...this.#forget(where, params, now)];
  }

  /** As `forgetOne`; a SqlConflict unless the segment is still registered. */
  replaceOne(row: SegmentKey, now: number): SqlStatement[] {
    return this.forgetOne(row, now).map((statement) =>
      statement.sql.startsWith('DELETE FROM ' + this.#table.name) ? { ...statement, changes: 1 } : statement,
    );
  }

  /** The objects concerned are written down first, then the rows go, then objects that still have rows are taken back. */
  #forget(where: string, params: readonly (string | number)[], now: number): SqlStatement[] {
    const table = this.#table.name;
    return [
      {
        sql: `INSERT INTO garbage (object_key, since, deleting, reason)
              SELECT DISTINCT object_key, CAST(? AS BIGINT), 0, 'forgotten' FROM ${table} WHERE ${where}
              ON CONFLICT (object_key) DO NOTHING`,
        params: [now, ...params],
      },
      { sql: `DELETE FROM ${table} WHERE ${where}`, params },
      {
        sql: `DELETE FROM garbage WHERE EXISTS (SELECT 1 FROM ${table} WHERE ${table}.object_key = garbage.object_key)`,
      },
    ];
  }
}

function parseBounds(row: SqlRow): PartitionBounds {
  return {
    topicId: str(row, 'topic_id'),
    partition: int(row, 'partition'),
    baseOffset: int(row, 'base_offset'),
    lastOffset: int(row, 'last_offset'),
    segments: int(row, 'segments'),
    records: int(row, 'records'),
    bytes: int(row, 'bytes'),
    maxTimestamp: int(row, 'max_timestamp'),
  };
}

/** The sections of packs. */
export function sectionRegistry(sql: SqlEngine): SegmentRegistry<SectionRow> {
  return new SegmentRegistry(sql, SECTIONS);
}

/** The sealed text segments. */
export function textSegmentRegistry(sql: SqlEngine): SegmentRegistry<TextSegmentRow> {
  return new SegmentRegistry(sql, TEXT_SEGMENTS);
}

/** Text segments of a partition that were indexed by another rule than this, by offset. */
export async function textSegmentsOfOtherRules(
  sql: SqlEngine,
  topicId: string,
  partition: number,
  rule: string,
): Promise<TextSegmentRow[]> {
  const rows = await sql.query(
    'SELECT * FROM text_segments WHERE topic_id = ? AND partition = ? AND rule <> ? ORDER BY base_offset',
    [topicId, partition, rule],
  );
  return rows.map((row) => TEXT_SEGMENTS.parse(row));
}
