import { declarations } from '../config/settings.ts';
import type { HttpAccess } from '../http/access.ts';
import type { HealthPart, HttpDeps } from '../http/deps.ts';
import { badRequest } from '../http/error.ts';
import { HttpFront } from '../http/front.ts';
import { textSegmentRegistry } from '../metadata/registry.ts';
import { listSegments } from '../processor/segments/listing.ts';
import { searchCatalog } from '../search/catalog.ts';
import type { SqlService } from '../sql/service.ts';
import type { Authorizer } from '../security/authorizer.ts';
import { registeredSegments } from '../search/registered-segments.ts';
import { brokerHealth } from './health.ts';
import { httpListener } from './listeners.ts';
import { type BrokerParts, MAX_BATCH_BYTES } from './parts.ts';
import type { Processing } from './processing.ts';
import { processorControl } from './processor-control.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';
import { VERSION } from './version.ts';

const MIB = 1024 * 1024;

function segmentList({ sql }: Storage): HttpDeps['segments'] {
  return {
    async list(options) {
      try {
        return { ...(await listSegments(sql, options)) } as never;
      } catch (error) {
        if (error instanceof RangeError) throw badRequest(error.message);
        throw error;
      }
    },
  };
}

function walStatus({ wal }: Topics['log']): HttpDeps['wal'] {
  const sealed = (): object[] =>
    wal.sealedSegments().map(({ sequence, bytes, entries, sealedAt }) => ({ sequence, bytes, entries, sealedAt }));
  return {
    status: () => ({
      bytes: wal.bytesOnDisk,
      maxBytes: wal.maxBytes,
      durable: wal.watermark.read(),
      sealed: sealed(),
    }),
  };
}

/** What the HTTP front door stands on. */
export interface HttpEngines {
  readonly storage: Storage;
  readonly topics: Topics;
  readonly processing: Processing;
  readonly sql: SqlService;
  readonly clusterId: string;
  readonly authorizer: Authorizer;
  readonly access: HttpAccess;
  readonly doorsHealth: () => HealthPart;
}

function httpDeps(
  parts: BrokerParts,
  { storage, topics, processing, sql, clusterId, authorizer, access, doorsHealth }: HttpEngines,
): HttpDeps {
  const { catalog, log } = topics;
  const { settings, clock, metrics, codecs } = parts;
  return {
    info: { name: `quarry-${settings['node.id']}`, clusterName: 'quarry', clusterId, version: VERSION },
    access,
    search: {
      catalog: searchCatalog(catalog),
      log,
      segments: registeredSegments(textSegmentRegistry(storage.sql)),
      searcher: processing.text,
      codecs,
      clock,
      metrics,
      settings: {
        maxWaitMs: settings['search.max.wait.ms'],
        timeoutMs: settings['search.timeout.ms'],
        maxBatchBytes: MAX_BATCH_BYTES,
      },
    },
    sql,
    authorizer,
    log,
    health: brokerHealth({ ...processing, ...storage, log, clock, doors: doorsHealth }),
    metrics,
    workerMetrics: async () => [...(await processing.workerMetrics()), await sql.metrics()],
    topicConfigs: {
      configs(name) {
        const topic = catalog.byName(name);
        if (topic === undefined) return undefined;
        return Object.fromEntries(catalog.describe(topic).map((config) => [config.name, config.value]));
      },
    },
    processor: processorControl(processing, topics),
    jobs: processing.jobs,
    keyDeletions: processing.keyDeletions,
    segments: segmentList(storage),
    wal: walStatus(log),
    lake: {
      open: () => storage.lake.open(),
      writes(name) {
        const topic = catalog.byName(name);
        return topic !== undefined && catalog.searchConfig(topic).table;
      },
    },
    clock,
    logger: parts.logger,
  };
}

/** The HTTP front door over the engines; not listening yet. */
export function httpFront(parts: BrokerParts, engines: HttpEngines): HttpFront {
  const { settings } = parts;
  const listener = httpListener(settings);
  const metricsPort = settings['metrics.port'];
  const maxBodyBytes = settings['http.max.body.bytes'];
  return new HttpFront(httpDeps(parts, engines), {
    listener,
    ...(metricsPort !== declarations['metrics.port'].default && {
      metricsListener: { host: listener.host, port: metricsPort },
    }),
    limits: {
      maxBodyBytes,
      maxBodiesBytes: maxBodyBytes * 4,
      maxAnswerBytes: 64 * MIB,
      maxAnswersBytes: 128 * MIB,
      maxConnections: settings['http.max.connections'],
      maxRequests: 128,
      requestTimeoutMs: settings['http.request.timeout.ms'],
    },
  });
}
