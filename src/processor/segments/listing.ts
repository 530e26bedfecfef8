import {
  type SegmentKey,
  type SegmentRegistry,
  sectionRegistry,
  textSegmentRegistry,
} from '../../metadata/registry.ts';
import { StorageClasses } from '../../metadata/storage-classes.ts';
import { topicRows } from '../../metadata/topics.ts';
import type { SectionRow, SegmentRow, SqlEngine, TextSegmentRow } from '../../metadata/types.ts';
import { formatSegmentId } from '../../packs/segment-id.ts';

export type SegmentKind = 'pack' | 'text';

/** A registered segment, for people. */
export interface SegmentInfo extends SegmentRow {
  /** `<topic>-<partition>-<base offset, 20 digits>-<generation>`. */
  readonly id: string;
  readonly kind: SegmentKind;
  readonly topic: string;
  /** Records of a pack section, documents of a text segment. */
  readonly records: number;
  /** The storage class that its object was moved to; missing: it is where it was put. */
  readonly storageClass?: string;
}

export interface SegmentQuery {
  readonly kind: SegmentKind;
  readonly topicId?: string;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

export interface SegmentList {
  readonly segments: readonly SegmentInfo[];
  /** Missing on the last page. */
  readonly next?: string;
}

type Row = SectionRow | TextSegmentRow;

function registryOf(sql: SqlEngine, kind: SegmentKind): SegmentRegistry<Row> {
  return (kind === 'pack' ? sectionRegistry(sql) : textSegmentRegistry(sql)) as SegmentRegistry<Row>;
}

/** What rows do not say of themselves. */
interface Known {
  /** Names by topic id. */
  readonly topics: ReadonlyMap<string, string>;
  /** Storage classes by object. */
  readonly classes: ReadonlyMap<string, string>;
}

function describe(row: Row, kind: SegmentKind, { topics, classes }: Known): SegmentInfo {
  // A topic deleted between the two queries leaves its id as its name.
  const topic = topics.get(row.topicId) ?? row.topicId;
  const { partition, baseOffset, generation } = row;
  const { topicId, lastOffset, objectKey, position, length, minTimestamp, maxTimestamp, created } = row;
  const id = formatSegmentId({ topic, partition, baseOffset, generation });
  const records = 'records' in row ? row.records : row.documents;
  const facts = { objectKey, position, length, records, minTimestamp, maxTimestamp, created };
  const storageClass = classes.get(objectKey);
  const where = storageClass === undefined ? {} : { storageClass };
  return { id, kind, topic, topicId, partition, baseOffset, lastOffset, generation, ...facts, ...where };
}

function classesOf(sql: SqlEngine, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  return new StorageClasses(sql).of([...new Set(rows.map(({ objectKey }) => objectKey))]);
}

async function topicNames(sql: SqlEngine): Promise<Map<string, string>> {
  return new Map((await topicRows(sql)).map((topic) => [topic.topicId, topic.name]));
}

/** A page of registered segments in the order of topic id, partition and offset. Rejects with RangeError for a bad `after`. */
export async function listSegments(sql: SqlEngine, query: SegmentQuery): Promise<SegmentList> {
  const { kind, limit, topicId } = query;
  const after = query.after === undefined ? undefined : decodeCursor(query.after);
  const topics = await topicNames(sql);
  const rows = await registryOf(sql, kind).page(limit + 1, after, topicId);
  const classes = await classesOf(sql, rows);
  const segments = rows.slice(0, limit).map((row) => describe(row, kind, { topics, classes }));
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { segments, next: encodeCursor(last) } : { segments };
}

/** Whether the registry still has a segment as it was read from it. */
export async function isRegistered(sql: SqlEngine, segment: SegmentInfo): Promise<boolean> {
  const { kind, topicId, partition, baseOffset, lastOffset, generation, objectKey } = segment;
  const rows = await registryOf(sql, kind).overlapping(topicId, partition, baseOffset, lastOffset + 1);
  return rows.some((row) => row.generation === generation && row.objectKey === objectKey);
}

/** Where a walk over segments is that can go on there: the `after` of the next one. */
export function cursorAt(segment: SegmentInfo): string {
  return encodeCursor(segment);
}

/** All segments of a kind, page after page, those after `after` only. Rejects with RangeError for a bad `after`. */
export async function* allSegments(
  sql: SqlEngine,
  kind: SegmentKind,
  { topicId, after }: { readonly topicId?: string | undefined; readonly after?: string | undefined } = {},
): AsyncGenerator<SegmentInfo> {
  const topics = await topicNames(sql);
  const registry = registryOf(sql, kind);
  for (let last: SegmentKey | undefined = after === undefined ? undefined : decodeCursor(after); ; ) {
    const rows = await registry.page(500, last, topicId);
    const classes = await classesOf(sql, rows);
    for (const row of rows) yield describe(row, kind, { topics, classes });
    last = rows.at(-1);
    if (last === undefined) return;
  }
}

function encodeCursor(key: SegmentKey): string {
  return Buffer.from(JSON.stringify([key.topicId, key.partition, key.baseOffset, key.generation])).toString(
    'base64url',
  );
}

function decodeCursor(text: string): SegmentKey {
  try {
    const [topicId, partition, baseOffset, generation] = JSON.parse(
      Buffer.from(text, 'base64url').toString(),
    ) as unknown[];
    const numbers = [partition, baseOffset, generation].every((value) => Number.isSafeInteger(value));
    if (typeof topicId === 'string' && numbers)
      return { topicId, partition: Number(partition), baseOffset: Number(baseOffset), generation: Number(generation) };
  } catch {
    // Said below in the same words as for JSON of another shape.
  }
  throw new RangeError(`'${text.slice(0, 50)}' is not the end of a page of segments`);
}
