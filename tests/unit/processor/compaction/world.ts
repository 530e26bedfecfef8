import { batchesOf, decodeRecords } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { memoryDisk } from '../../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom, uuidToString } from '../../../../src/base/random.ts';
import type { LogConfig } from '../../../../src/log/types.ts';
import { sectionRegistry, textSegmentRegistry } from '../../../../src/metadata/registry.ts';
import { openInlineSqlite } from '../../../../src/metadata/sqlite-inline.ts';
import { createTopic } from '../../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../../src/metadata/types.ts';
import { memoryStore } from '../../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../../src/objects/types.ts';
import { Compaction } from '../../../../src/processor/compaction/compaction.ts';
import { Compactor } from '../../../../src/processor/compaction/compactor.ts';
import type { CompactablePartition, Compacting } from '../../../../src/processor/compaction/types.ts';
import { topicConfig } from '../../../../simulation/topic-config.ts';
import { packOf } from '../../packs/batches.ts';
import { ManualClock } from '../manual-clock.ts';
import { batch } from './batches.ts';

const TOPIC_BYTES = new Uint8Array(16).fill(9);
export const TOPIC = uuidToString(TOPIC_BYTES);

/** A partition as the log would show it; tests change what it says. */
export class ScriptedPartition implements CompactablePartition {
  readonly topic = 't';
  readonly topicId = TOPIC;
  readonly partition = 0;
  config: LogConfig = { ...topicConfig, compact: true, delete: false };
  logStartOffset = 0;
  lastStableOffset = 1_000_000;
  packedBelow = 1_000_000;
  readonly told: [number, number][] = [];
  activeProducers = () => [];
  abortedBelow = () => [];
  forgetAborted(): void {}
  compacted(upTo: number, bytes: number): void {
    this.told.push([upTo, bytes]);
  }
}

/** Compaction over a registry and objects in memory, with one partition. */
export async function compactionWorld(
  over: { decorate?: (store: ObjectStore) => ObjectStore; sql?: (sql: SqlEngine) => SqlEngine } = {},
) {
  const clock = new ManualClock();
  const sql = openInlineSqlite(':memory:');
  const objects = memoryStore(clock);
  const store = over.decorate?.(objects) ?? objects;
  const partition = new ScriptedPartition();
  const state = { searched: true };
  const uploads = new Set<string>();
  let starts = 0;
  await sql.transaction(createTopic({ topicId: TOPIC, name: 't', partitions: 1, created: 0 }, []));

  /** Compaction as a process would start it. */
  const start = (compacting?: (real: Compacting) => Compacting) => {
    const compactor = new Compactor({
      disk: memoryDisk(),
      temporaryFolder: '/tmp',
      uploadFiles: false,
      store,
      random: seededRandom(++starts),
      indexBasePath: 'indexes',
      codecs,
      clock,
      logger: silentLogger,
      decompressedLimitBytes: 1e6,
    });
    return new Compaction({
      partitions: () => (partition.config.compact ? [partition] : []),
      searched: () => state.searched,
      compacting: compacting?.(compactor) ?? compactor,
      sql: over.sql?.(sql) ?? sql,
      clock,
      logger: silentLogger,
      metrics: createMetrics(),
      settings: { keyBytes: 1e6, maxBytesPerSecond: Number.MAX_VALUE },
      uploads,
    });
  };

  /** Registers a section with a batch for each list of records; gives the offset after it. */
  const add = async (baseOffset: number, ...batches: string[][]): Promise<number> => {
    let next = baseOffset;
    const bytes = batches.map((records) => {
      const one = batch(next, records);
      next += records.length;
      return one;
    });
    const objectKey = `packs/${baseOffset}`;
    const pack = packOf([{ topicId: TOPIC_BYTES, partition: 0, batches: bytes }]);
    await objects.put(objectKey, pack.bytes);
    const { indexLength: _length, indexCrc: _crc, ...facts } = pack.sections[0]!;
    await sql.transaction([sections.insert({ ...facts, topicId: TOPIC, objectKey, created: 0 })]);
    return next;
  };

  const sections = sectionRegistry(sql);
  const texts = textSegmentRegistry(sql);
  /** The records that are left, as `offset:key=value`. */
  const left = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const row of await sections.overlapping(TOPIC, 0, 0, Number.MAX_SAFE_INTEGER)) {
      const bytes = await objects.get(row.objectKey, { from: row.position, length: row.length });
      for (const header of batchesOf(bytes))
        decodeRecords(bytes.subarray(header.position), codecs, 1e6, ({ offset, key, value }) => {
          found.push(`${offset}:${Buffer.from(key ?? []).toString()}=${Buffer.from(value ?? []).toString()}`);
        });
    }
    return found;
  };
  return { clock, sql, objects, partition, state, uploads, start, add, sections, texts, left };
}
