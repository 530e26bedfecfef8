import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { SqlEngine } from '../../metadata/types.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { intervalEnd, readIntervals, readSectionIndex } from '../../packs/reader.ts';
import { allSegments, type SegmentInfo, type SegmentKind } from './listing.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

const PIECE_BYTES = 4 * 1024 * 1024;

export interface ExportParts {
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  readonly kind: SegmentKind;
  readonly topicId?: string;
  readonly partition?: number;
}

export interface ExportReport {
  readonly segments: number;
  readonly bytes: number;
}

/** The batches of a section, checked, some megabytes at a time: what Kafka keeps in a `.log` file. */
async function* sectionBytes(store: ObjectStore, segment: SegmentInfo): AsyncGenerator<Uint8Array> {
  const read = (range: Parameters<ObjectStore['get']>[1]) => store.get(segment.objectKey, range);
  const index = await readSectionIndex(read, segment);
  for (let first = 0; first < index.intervals.length; ) {
    const start = index.intervals[first]?.position ?? 0;
    let end = first + 1;
    while (end < index.intervals.length && intervalEnd(index, end, segment) - start <= PIECE_BYTES) end++;
    yield await readIntervals(read, segment, index, first, end);
    first = end;
  }
}

async function* textBytes(
  store: ObjectStore,
  { objectKey, position, length }: SegmentInfo,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += PIECE_BYTES) {
    const wanted = Math.min(PIECE_BYTES, length - at);
    const bytes = await store.get(objectKey, { from: position + at, length: wanted });
    if (bytes.length !== wanted) throw new Error(`${objectKey} ends too early`);
    yield bytes;
  }
}

/** `ID.log` for a pack section, `ID.text` for a text segment. */
function nameOf(segment: SegmentInfo): string {
  return `${segment.id}.${segment.kind === 'pack' ? 'log' : 'text'}`;
}

/**
 * `quarry segments export`: writes a tar.gz with a file for each segment, and `segments.json` that describes them. The `.log` files
 * are what Kafka's own tools read. Ends `output`. Rejects, with the archive cut off, when anything cannot be read or is corrupt.
 */
export async function exportSegments(parts: ExportParts, output: Writable): Promise<ExportReport> {
  const { sql, store, kind, topicId, partition } = parts;
  const exported: SegmentInfo[] = [];
  let bytes = 0;
  async function* archive(): AsyncGenerator<Uint8Array> {
    for await (const segment of allSegments(sql, kind, { topicId })) {
      if (partition !== undefined && segment.partition !== partition) continue;
      yield tarHeader(nameOf(segment), segment.length, segment.created);
      yield* kind === 'pack' ? sectionBytes(store, segment) : textBytes(store, segment);
      yield tarPadding(segment.length);
      exported.push(segment);
      bytes += segment.length;
    }
    const manifest = new TextEncoder().encode(`${JSON.stringify(exported, undefined, 2)}\n`);
    yield tarHeader('segments.json', manifest.length, 0);
    yield manifest;
    yield tarPadding(manifest.length);
    yield TAR_END;
  }
  await pipeline(Readable.from(archive()), createGzip(), output);
  return { segments: exported.length, bytes };
}
