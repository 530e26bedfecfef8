import type { RecordInput } from '../../../protocol/records/index.ts';
import { type BatchOptions, buildBatch } from '../../../protocol/records/build.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { silentMetrics } from '../../../simulation/silent-metrics.ts';
import { topicConfig } from '../../../simulation/topic-config.ts';
import { seededRandom, uuidToString } from '../../../src/base/random.ts';
import type { LocalLog } from '../../../src/log/local-log.ts';
import { openLog } from '../../../src/log/open.ts';
import { type ColdData, defaultLogSettings, type LogOptions, type LogSettings } from '../../../src/log/options.ts';
import type { LogConfig, PartitionLog, TopicSpec } from '../../../src/log/types.ts';

export const TOPIC = 'orders';
export const TOPIC_ID = uuidToString(new Uint8Array(16).fill(7));

/** No packs at all. */
export const noCold: ColdData = {
  read: () => Promise.resolve(undefined),
  findTimestamp: () => Promise.resolve(undefined),
  latestTimestamp: () => Promise.resolve(undefined),
  sections: () => Promise.resolve([]),
  replaced: () => {},
};

export interface LogFixture {
  readonly log: LocalLog;
  readonly disk: Disk;
  readonly partition: PartitionLog;
}

export type FixtureOptions = Partial<Omit<LogOptions, 'settings'>> & {
  readonly settings?: Partial<LogSettings>;
  readonly config?: Partial<LogConfig>;
  readonly partitions?: number;
};

/** A log with one topic, in memory unless a disk is given. */
export async function openFixture(options: FixtureOptions = {}): Promise<LogFixture> {
  const { settings, config, partitions = 1, ...rest } = options;
  const disk = options.disk ?? memoryDisk();
  const topic: TopicSpec = { name: TOPIC, topicId: TOPIC_ID, partitions, config: { ...topicConfig, ...config } };
  const log = await openLog({
    folder: '/wal',
    disk,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: silentMetrics,
    processes: { self: '1 1', alive: () => false },
    codecs,
    topics: [topic],
    facts: [],
    cold: noCold,
    saveLogStart: () => Promise.resolve(),
    minimumSequence: 0,
    ...rest,
    settings: { ...defaultLogSettings, spareFiles: 0, ...settings },
  });
  const partition = log.partition(TOPIC, 0);
  if (partition === undefined) throw new Error('the topic has no partition');
  return { log, disk, partition };
}

const text = new TextEncoder();

/** A record whose value is `value`. */
export function record(value: string, timestamp = 1000): RecordInput {
  return { timestamp, key: null, value: text.encode(value) };
}

/** A batch as a client sends it. */
export function batch(values: readonly (string | RecordInput)[], options: Partial<BatchOptions> = {}): Uint8Array {
  const records = values.map((value) => (typeof value === 'string' ? record(value) : value));
  return buildBatch({ baseOffset: 0, partitionLeaderEpoch: -1, ...options }, records, codecs, crc32c);
}
