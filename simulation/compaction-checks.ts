import { batchesOf, type BatchHeader, decodeRecords, readMarker } from '../protocol/records/index.ts';
import { below } from '../src/base/random.ts';
import { textSegmentRegistry } from '../src/metadata/registry.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import { type CompactionWorld, TOPIC_ID } from './compaction-world.ts';
import { Violation } from './groups-checks.ts';

/** A record as it was appended. */
export interface Written {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  /** When, by the broker's clock. */
  readonly at: number;
  /** Of a transaction: its producer. */
  readonly producerId: number | undefined;
  fate: 'committed' | 'aborted' | 'open';
}

/** The last batch of an idempotent producer. */
export interface LastBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly baseSequence: number;
}

/** All that producers did. */
export interface History {
  /** By offset. */
  readonly written: Map<number, Written>;
  readonly producers: Map<number, LastBatch>;
}

export interface Shown {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
}

export interface Content {
  readonly headers: readonly BatchHeader[];
  readonly all: readonly Shown[];
  /** Records of markers too: lookups by time know no difference. */
  readonly times: readonly { readonly offset: number; readonly timestamp: number }[];
  readonly committed: readonly Shown[];
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

function fail(what: string): never {
  throw new Violation(what);
}

/** What consumers are shown, one that reads everything and one that reads what is committed, as a client makes it of the answers. */
export async function contentOf(world: Pick<CompactionWorld, 'partition' | 'random'>): Promise<Content> {
  const { partition } = world;
  const headers: BatchHeader[] = [];
  const all: Shown[] = [];
  const times: { offset: number; timestamp: number }[] = [];
  const committed: Shown[] = [];
  for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
    const end = isolation === 'read_committed' ? partition.lastStableOffset : partition.highWatermark;
    for (let offset = partition.logStartOffset; offset < end; ) {
      const read = await partition.read(offset, 1 + below(world.random, 3000), isolation, true);
      if (read.chunks.length === 0) fail(`I10 unseen: nothing is shown at ${offset}, ${isolation}`);
      const waiting = [...read.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset);
      const aborted = new Set<number>();
      for (const chunk of read.chunks)
        for (const header of batchesOf(chunk)) {
          if (header.lastOffset < offset)
            fail(`I6 skip: a batch that ends at ${header.lastOffset} is shown at ${offset}`);
          // As the Java client does it: a producer counts as aborted from the first offset told until its marker.
          while (waiting[0] !== undefined && waiting[0].firstOffset <= header.lastOffset)
            aborted.add(waiting.shift()!.producerId);
          const batch = chunk.subarray(header.position, header.position + header.sizeInBytes);
          if (isolation === 'read_uncommitted') headers.push(header);
          decodeRecords(batch, NO_CODECS, 1e6, ({ offset: at, key, value, timestamp }) => {
            if (at < offset) return;
            if (isolation === 'read_uncommitted') times.push({ offset: at, timestamp });
            if (header.isControl) {
              if (readMarker(key, value)?.type === 'abort') aborted.delete(header.producerId);
              return;
            }
            const shown = { offset: at, key: text(key), value: text(value), timestamp };
            if (isolation === 'read_uncommitted') all.push(shown);
            else if (!header.isTransactional || !aborted.has(header.producerId)) committed.push(shown);
          });
          offset = header.lastOffset + 1;
        }
    }
  }
  return { headers, all, times, committed };
}

/** Checks everything that is shown against everything that was written. Gives the number of records shown. */
export async function checkContent(world: CompactionWorld, history: History): Promise<number> {
  const { partition, touchedBelow } = world;
  const content = await contentOf(world);
  const cleanedUpTo = (await world.compacted())?.cleanedUpTo ?? 0;
  checkRecords(content, history);
  checkCommitted(world, content, history, cleanedUpTo);
  const shown = new Set(content.all.map(({ offset }) => offset));
  for (const record of history.written.values()) {
    const untouched = record.offset >= touchedBelow || record.fate === 'open';
    if (untouched && record.offset >= partition.logStartOffset && !shown.has(record.offset))
      fail(`I17 compaction took ${record.offset}, which is ${record.fate} and was not to be touched`);
  }
  checkProducers(content, history, partition.logStartOffset);
  await checkTimes(world, content);
  await checkText(world, content);
  return content.all.length + content.committed.length;
}

/** The last batch of each idempotent producer is there: what it sends again is known by it. */
export function checkProducers(content: Content, history: History, logStartOffset: number): void {
  const batches = new Map(content.headers.map((header) => [header.lastOffset, header]));
  for (const [producerId, last] of history.producers) {
    if (last.lastOffset < logStartOffset) continue;
    const header = batches.get(last.lastOffset);
    if (header?.producerId !== producerId || header.baseSequence !== last.baseSequence)
      fail(`I2 the last batch of producer ${producerId}, at ${last.baseOffset}, is gone`);
  }
}

/** Records are those that were written at their offsets, in batches that do not overlap. */
export function checkRecords({ headers, all }: Content, { written }: History): void {
  let next = 0;
  for (const { baseOffset, lastOffset } of headers) {
    if (baseOffset < next) fail(`I3 batches overlap at ${baseOffset}`);
    next = lastOffset + 1;
  }
  for (const { offset, key, value, timestamp } of all) {
    const record = written.get(offset);
    if (record?.key !== key || record.value !== value || record.timestamp !== timestamp)
      fail(`I3 the record at ${offset} is not the one that was written`);
  }
}

function checkCommitted(
  world: CompactionWorld,
  { committed }: Content,
  { written }: History,
  cleanedUpTo: number,
): void {
  const { partition, clock, plan } = world;
  const { logStartOffset, lastStableOffset } = partition;
  const shown = new Map(committed.map((record) => [record.offset, record]));
  const kept = new Map<string, number>();
  for (const { offset, key } of committed) {
    if (written.get(offset)?.fate !== 'committed') fail(`I4 aborted read: ${offset} is ${written.get(offset)?.fate}`);
    const before = key === null ? undefined : kept.get(key);
    if (before !== undefined && offset < cleanedUpTo) fail(`I17 ${key} is left at ${before} and at ${offset}`);
    if (key === null && offset < cleanedUpTo) fail(`I17 a record without a key is left at ${offset}`);
    if (key !== null) kept.set(key, offset);
  }
  const last = new Map<string, Written>();
  for (const record of written.values())
    if (record.fate === 'committed' && record.key !== null && record.offset < lastStableOffset)
      last.set(record.key, record);
  for (const [key, record] of last) {
    if (record.offset < logStartOffset) continue;
    if (record.value !== null && !shown.has(record.offset))
      fail(`I17 the last record of ${key}, at ${record.offset}, is gone`);
    const left = kept.get(key);
    if (
      record.value === null &&
      left !== undefined &&
      left !== record.offset &&
      left < record.offset &&
      !shown.has(record.offset)
    )
      fail(`I17 ${key} was deleted at ${record.offset} and is back at ${left}`);
    const recent = clock.now() < record.at + plan.deleteRetentionMs;
    if (record.value === null && recent && !shown.has(record.offset))
      fail(`I17 the marker that ${key} is deleted, at ${record.offset}, went too early`);
  }
}

async function checkTimes(world: CompactionWorld, { times }: Content): Promise<void> {
  const { partition, random, clock } = world;
  for (let round = 0; round < 3; round++) {
    const timestamp = clock.now() - below(random, 4000);
    const found = await partition.findOffset({ timestamp }, 'read_uncommitted');
    const expected = times.find((record) => record.timestamp >= timestamp);
    if (found?.offset !== expected?.offset)
      fail(`a lookup of time ${timestamp} gives ${found?.offset}, not ${expected?.offset}`);
  }
  const found = await partition.findOffset('max-timestamp', 'read_uncommitted');
  const latest = Math.max(-1, ...times.map(({ timestamp }) => timestamp));
  if ((found?.timestamp ?? -1) !== latest) fail(`the latest timestamp is ${found?.timestamp}, not ${latest}`);
}

/** Text segments hold what a reader of committed records is shown (I16). Those that only reach into others, or below the log start, are passed over. */
async function checkText(world: CompactionWorld, { committed }: Content): Promise<void> {
  const rows = await textSegmentRegistry(world.sql).overlapping(TOPIC_ID, 0, 0, Number.MAX_SAFE_INTEGER);
  for (const row of rows) {
    const { baseOffset, lastOffset, documents } = row;
    const reaches = rows.some((one) => one !== row && one.baseOffset <= lastOffset && one.lastOffset >= baseOffset);
    if (reaches || baseOffset < world.partition.logStartOffset) continue;
    const shown = committed.filter(({ offset }) => offset >= baseOffset && offset <= lastOffset).length;
    if (shown !== documents)
      fail(`I16 search has ${documents} records in [${baseOffset}, ${lastOffset}], fetches show ${shown}`);
  }
}

/** After the grace time the store holds exactly the objects that are registered. */
export async function checkObjects(world: CompactionWorld): Promise<void> {
  const rows = [
    ...(await world.sql.query('SELECT DISTINCT object_key FROM sections')),
    ...(await world.sql.query('SELECT DISTINCT object_key FROM text_segments')),
  ];
  const known = new Set(rows.map((row) => String(row['object_key'])));
  const stored: string[] = [];
  for await (const { key } of world.objects.list('')) stored.push(key);
  const stray = stored.find((key) => !known.has(key));
  if (stray !== undefined) fail(`nobody knows the object ${stray}`);
  const missing = [...known].find((key) => !stored.includes(key));
  if (missing !== undefined) fail(`the object ${missing} is missing`);
}
