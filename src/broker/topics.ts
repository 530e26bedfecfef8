import { present } from '../base/assert.ts';
import { BrokerConfigs } from '../log/catalog-brokers.ts';
import { TopicCatalog } from '../log/catalog.ts';
import type { LocalLog } from '../log/local-log.ts';
import { openLog } from '../log/open.ts';
import { defaultLogSettings, type ColdData, type LogSettings, type PartitionFacts } from '../log/options.ts';
import { PackColdStore } from '../log/pack-cold-store.ts';
import { compactionRows } from '../metadata/compactions.ts';
import { saveLogStart } from '../metadata/log-start.ts';
import { partitionRows } from '../metadata/partitions.ts';
import { readProgress } from '../metadata/progress.ts';
import { sectionRegistry } from '../metadata/registry.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { hostPort, kafkaListeners } from './listeners.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import { brokerSettings } from './settings-view.ts';
import type { Storage } from './storage.ts';

export interface Topics {
  readonly catalog: TopicCatalog;
  readonly log: LocalLog;
}

function logSettings({ settings, inMemory }: BrokerParts): LogSettings {
  return {
    ...defaultLogSettings,
    brokerId: settings['node.id'],
    sealBytes: settings['wal.seal.bytes'],
    sealAgeMs: settings['wal.seal.age.ms'],
    walMaxBytes: settings['wal.max.bytes'],
    lingerMs: settings['wal.linger.ms'],
    spareFiles: inMemory ? 0 : settings['wal.spare.files'],
    recycledFiles: settings['wal.recycled.files'],
    tailMaxBytes: settings['tail.max.bytes'],
    get producerIdExpirationMs() {
      return settings['producer.id.expiration.ms'];
    },
    // A background job of the processor.
    retentionCheckIntervalMs: 0,
    decompressedLimitBytes: MAX_BATCH_BYTES,
  };
}

/** What SQL knows of each partition: its log start, what is in packs, and what was compacted. */
async function partitionFacts(sql: SqlEngine): Promise<PartitionFacts[]> {
  const [rows, compactions] = await Promise.all([partitionRows(sql), compactionRows(sql)]);
  const compacted = new Map(compactions.map((one) => [`${one.topicId}/${one.partition}`, one.cleanedUpTo]));
  return rows.map(({ logStart, ...facts }) => ({
    ...facts,
    logStartOffset: logStart,
    compactedUpTo: compacted.get(`${facts.topicId}/${facts.partition}`) ?? 0,
  }));
}

function coldData(parts: BrokerParts, storage: Storage): ColdData {
  return new PackColdStore({
    sections: sectionRegistry(storage.sql),
    store: storage.store,
    codecs: parts.codecs,
    decompressedLimitBytes: MAX_BATCH_BYTES,
    logger: parts.logger.child('packs'),
  });
}

/** The broker's configs; what changes of them reaches `parts.settings`. */
function brokerConfigs({ settings, changeSettings }: BrokerParts, storage: Storage): BrokerConfigs {
  const addresses = kafkaListeners(settings);
  const listed = (of: 'bind' | 'advertised'): string =>
    addresses.map((address) => `${address[of].name}://${hostPort(address[of])}`).join(',');
  const configs = new BrokerConfigs(
    settings['node.id'],
    brokerSettings(settings, {
      listeners: listed('bind'),
      advertisedListeners: listed('advertised'),
      logDirectory: storage.locations.wal,
    }),
  );
  configs.onChange(changeSettings);
  return configs;
}

/** Opens the topics and their log, recovering the WAL; `onProgress` is told bytes read and bytes to read. */
export async function openTopics(
  parts: BrokerParts,
  storage: Storage,
  onProgress: (done: number, total: number) => void,
): Promise<Topics> {
  const { sql } = storage;
  const { clock, random, disk, logger, metrics, processes, codecs } = parts;
  const opened: { log?: LocalLog } = {};
  const told = (): LocalLog => present(opened.log, 'open log');
  const catalog = await TopicCatalog.open({
    sql,
    clock,
    random,
    brokers: brokerConfigs(parts, storage),
    log: {
      createTopic: (spec) => told().createTopic(spec),
      addPartitions: (topicId, total) => told().addPartitions(topicId, total),
      configureTopic: (topicId, config) => told().configureTopic(topicId, config),
      deleteTopic: (topicId) => told().deleteTopic(topicId),
    },
  });
  const log = await openLog({
    folder: storage.locations.wal,
    disk,
    clock,
    random,
    logger: logger.child('log'),
    metrics,
    processes,
    locked: true,
    codecs,
    settings: logSettings(parts),
    topics: catalog.specs(),
    facts: await partitionFacts(sql),
    cold: coldData(parts, storage),
    saveLogStart: (topicId, partition, offset, by) => saveLogStart(sql, topicId, partition, offset, by, clock.now()),
    minimumSequence: (await readProgress(sql, 'pack'))?.segment ?? 0,
    onProgress,
  });
  opened.log = log;
  return { catalog, log };
}
