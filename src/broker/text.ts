import type { TopicCatalog } from '../log/catalog.ts';
import type { Topic } from '../log/catalog-topics.ts';
import { TextRegistration } from '../processor/text/registration.ts';
import {
  inlineTextEngine,
  startTextThread,
  type TextEngine,
  textHost,
  TextService,
  type TextServiceParts,
} from '../processor/text/service.ts';
import { LazyTextEngine } from '../processor/text/lazy.ts';
import { TextSink } from '../processor/text/sink.ts';
import type { TextSinkSettings } from '../processor/text/types.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import { retryPolicy, type Storage } from './storage.ts';
import type { Topics } from './topics.ts';

function sinkSettings({ settings }: BrokerParts): TextSinkSettings {
  return {
    memoryBytes: settings['index.memory.bytes'],
    sealIntervalMs: settings['processor.interval.ms'],
    sealAgeMs: settings['processor.interval.ms'],
    sealByItself: settings['processor.mode'] !== 'maintenance',
    batchEntries: settings['processor.replay.batch.size'],
    idleMs: settings['processor.replay.interval.ms'],
    basePath: settings['processor.index.base.path'],
    decompressedLimitBytes: MAX_BATCH_BYTES,
  };
}

function openEngine(parts: BrokerParts, storage: Storage, service: TextServiceParts): TextEngine {
  const { settings, disk, clock, random, codecs, logger, inMemory } = parts;
  const { locations, store } = storage;
  const host = textHost(service);
  if (inMemory) {
    const sink = new TextSink({
      disk,
      walFolder: locations.wal,
      watermark: service.watermark,
      store,
      host,
      codecs,
      clock,
      random,
      logger: logger.child('text'),
      settings: sinkSettings(parts),
    });
    return inlineTextEngine(sink);
  }
  const options = {
    objectsUrl: locations.objects,
    retry: retryPolicy(settings),
    cache: { folder: `${locations.cache}/text`, maxBytes: settings['objects.cache.bytes'] },
    walFolder: locations.wal,
    watermark: service.watermark.shared,
    settings: sinkSettings(parts),
    logLevels: parts.logger.levels.shared,
  };
  return startTextThread(options, host, clock, (err) => {
    service.logger.error({ err }, 'the text thread failed; records are not indexed and searches fail until a restart');
    // The WAL must not grow for its sake: the next start indexes from packs.
    service.doneBelow(Number.MAX_SAFE_INTEGER);
  });
}

/** Opens the text sink and takes up every searched topic; from then on topics follow the catalog. */
export function openText(
  parts: BrokerParts,
  storage: Storage,
  { catalog, log }: Topics,
  uploads: Set<string>,
  doneBelow: (sequence: number) => void,
): TextService {
  const service: TextServiceParts = {
    log,
    watermark: log.wal.watermark,
    registration: new TextRegistration(storage.sql, parts.clock),
    logger: parts.logger.child('text'),
    uploads,
    doneBelow,
  };
  const engine = new LazyTextEngine({
    open: () => openEngine(parts, storage, service),
    watermark: service.watermark,
    doneBelow,
  });
  const text = new TextService(service, engine);
  // Serial: a topic that comes and goes must reach the sink in that order.
  let last = Promise.all(catalog.all().map((topic) => text.configure(described(catalog, topic, false)))).then(() => {});
  const known = new Set(catalog.all().map((topic) => topic.topicId));
  catalog.onConfigure((topic) => {
    const isNew = !known.has(topic.topicId);
    known.add(topic.topicId);
    last = last.then(() => text.configure(described(catalog, topic, isNew)));
  });
  catalog.onDelete(({ topicId }) => {
    known.delete(topicId);
    last = last
      .then(() => text.remove(topicId))
      .catch((err: unknown) => service.logger.error({ err, topicId }, 'a deleted topic could not be forgotten'));
  });
  return text;
}

function described(catalog: TopicCatalog, topic: Topic, isNew: boolean) {
  const { topicId, partitions } = topic;
  const { expiry } = catalog.logConfig(topic);
  return { topicId, partitions, searched: catalog.searchConfig(topic).search, expiry, isNew };
}
