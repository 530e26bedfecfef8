import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { CommitContext } from '../lake/iceberg/commit.ts';
import type { Log } from '../log/types.ts';
import type { KeyDeletions } from '../processor/erasure/key-deletions.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { SearchPorts } from '../search/ports.ts';
import type { SqlService } from '../sql/service.ts';
import type { Authorizer } from '../security/authorizer.ts';
import type { HttpAccess } from './access.ts';

/** Plain data that another part of the program describes itself with; answered as JSON. */
export type JsonDocument = object;

/** How one part of the program is: `degraded` still serves, `failing` does not. */
export interface HealthPart {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'failing';
  /** A sentence, where the status is not `ok`. */
  readonly reason?: string;
  readonly details?: JsonDocument;
}

export interface HealthSource {
  parts(): Promise<readonly HealthPart[]>;
}

/** What a topic's settings are, for people. */
export interface TopicConfigSource {
  /** Kafka's topic configs by name; undefined for an unknown topic. */
  configs(topic: string): JsonDocument | undefined;
}

export interface ProcessorControl {
  status(): Promise<JsonDocument>;
  /** Each resolves with the status after it took effect. */
  pause(): Promise<JsonDocument>;
  resume(): Promise<JsonDocument>;
  /** One run now, over everything that is ready; resolves when it is done. */
  run(): Promise<JsonDocument>;
}

/** A page of registered segments. */
export interface SegmentPage {
  readonly segments: readonly JsonDocument[];
  /** Opaque; the `after` of the next page. Undefined on the last one. */
  readonly next?: string;
}

export interface SegmentListing {
  /** Of all topics, or of one. Rejects with RangeError for a bad `after`. */
  list(options: {
    readonly kind: 'text' | 'pack';
    readonly topicId?: string;
    readonly limit: number;
    readonly after?: string;
  }): Promise<SegmentPage>;
}

export interface WalStatus {
  status(): JsonDocument | Promise<JsonDocument>;
}

/** The Iceberg catalog, and where its tables lie. */
export interface LakeAccess {
  /** Opened by the first call. Rejects with CatalogUnavailable. */
  open(): Promise<CommitContext>;
  /** Whether the broker itself keeps a table for this topic. */
  writes(topic: string): boolean;
}

/** Who answers. */
export interface ServerInfo {
  /** Name of this broker. */
  readonly name: string;
  readonly clusterName: string;
  readonly clusterId: string;
  /** Version of Quarry. */
  readonly version: string;
}

/** Everything that the HTTP front door calls; wired by the broker. */
export interface HttpDeps {
  readonly info: ServerInfo;
  readonly access: HttpAccess;
  readonly search: SearchPorts;
  readonly sql: Pick<SqlService, 'query'>;
  readonly authorizer: Authorizer;
  readonly log: Pick<Log, 'partition'>;
  readonly health: HealthSource;
  readonly metrics: Metrics;
  /** Metrics of the other threads, each as `Metrics.snapshot` gives them. */
  readonly workerMetrics: () => Promise<readonly object[][]>;
  readonly topicConfigs: TopicConfigSource;
  readonly processor: ProcessorControl;
  readonly jobs: Omit<Scheduler, 'define' | 'start' | 'hold' | 'idle' | 'stop'>;
  readonly keyDeletions: Pick<KeyDeletions, 'request' | 'whenDone' | 'byId' | 'list'>;
  readonly segments: SegmentListing;
  readonly wal: WalStatus;
  readonly lake: LakeAccess;
  readonly clock: Clock;
  readonly logger: Logger;
}
