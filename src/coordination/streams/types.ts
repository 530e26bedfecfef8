import type { OwnedPartitions, Partitions } from '../partitions.ts';
import type { AnyGroup, GroupError, TimerEvent } from '../types.ts';

/** Tasks by role. A task is a partition number of a subtopology; maps are by subtopology id. */
export interface Tasks {
  readonly active: Partitions;
  readonly standby: Partitions;
  readonly warmup: Partitions;
}

/** Tasks that a member has, each with the epoch in which it was assigned. */
export interface OwnedTasks {
  readonly active: OwnedPartitions;
  readonly standby: OwnedPartitions;
  readonly warmup: OwnedPartitions;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** See `MemberState` of consumer groups; the same for tasks. */
export type StreamsMemberState = 'stable' | 'unrevoked' | 'unreleased';

/** One thread of a Kafka Streams application. */
export interface StreamsMember {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topologyEpoch: number;
  /** Members of one process share its state directory: a task has one role in a process at a time. */
  readonly processId: string;
  /** Where the application answers interactive queries. */
  readonly endpoint: Endpoint | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly epoch: number;
  readonly previousEpoch: number;
  readonly state: StreamsMemberState;
  readonly assigned: OwnedTasks;
  readonly revoking: OwnedTasks;
}

export interface TopicInfo {
  readonly name: string;
  /** 0: for the broker to decide. */
  readonly partitions: number;
  /** 0 or -1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

export interface Subtopology {
  readonly id: string;
  readonly sourceTopics: readonly string[];
  readonly repartitionSinks: readonly string[];
  readonly repartitionSources: readonly TopicInfo[];
  readonly changelogs: readonly TopicInfo[];
  /** Names of topics that must have the same number of partitions. */
  readonly copartitioned: readonly (readonly string[])[];
}

export interface Topology {
  readonly epoch: number;
  /** Sorted by id. */
  readonly subtopologies: readonly Subtopology[];
}

/** Codes of a heartbeat's status, as on the wire. */
export const STATUS = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
} as const;

export interface Status {
  readonly code: number;
  readonly detail: string;
}

/** A topic that the broker is to create for the application. */
export interface InternalTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: TopicInfo['configs'];
}

/** What a topology comes to with the topics that are there. */
export interface ConfiguredTopology {
  /** Number of tasks by subtopology; undefined while that cannot be told. */
  readonly tasks: ReadonlyMap<string, number> | undefined;
  /** What keeps the topology from running; undefined when nothing does. */
  readonly problem: Status | undefined;
  readonly missingTopics: readonly InternalTopic[];
}

/** A streams group of KIP-1071: an immutable value. */
export interface StreamsGroup extends AnyGroup {
  readonly kind: 'streams';
  readonly epoch: number;
  /** Stands for the topics of the topology that are there, with their ids and numbers of partitions. */
  readonly metadataHash: string;
  readonly assignmentEpoch: number;
  readonly assignmentTime: number;
  readonly topology: Topology | undefined;
  /** Epoch of the topology that was found to be able to run; -1 for none. */
  readonly validatedTopologyEpoch: number;
  /** What the last assignment was made with. */
  readonly standbyReplicas: number;
  readonly members: ReadonlyMap<string, StreamsMember>;
  readonly targets: ReadonlyMap<string, Tasks>;
  /** From here on nothing is stored. `GroupTopics.version` when `configured` was made; -1 after a restart. */
  readonly topicsVersion: number;
  readonly configured: ConfiguredTopology | undefined;
  /** Rises when a member with an endpoint gets other tasks. */
  readonly endpointEpoch: number;
  /** The member that asked all others to shut down. */
  readonly shutdownBy: string | undefined;
  /** The first assignment waits for more members. */
  readonly isDelayed: boolean;
}

export interface StreamsHeartbeat {
  readonly groupId: string;
  readonly memberId: string;
  readonly epoch: number;
  readonly endpointEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly topology: Topology | null;
  /** What the member says that it has; null when it does not say. */
  readonly owned: { readonly [Role in keyof Tasks]: Partitions | null };
  readonly processId: string | null;
  readonly endpoint: Endpoint | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly shutdown: boolean;
  readonly clientId: string;
  readonly clientHost: string;
}

/** Which partitions of which topics the application has at an endpoint. */
export interface EndpointPartitions {
  readonly endpoint: Endpoint;
  /** By topic name. */
  readonly active: Partitions;
  readonly standby: Partitions;
}

export interface StreamsHeartbeatReply {
  readonly error: GroupError;
  readonly message: string | null;
  readonly memberId: string;
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  readonly status: readonly Status[];
  /** null when the member knows them. */
  readonly tasks: Tasks | null;
  readonly endpointEpoch: number;
  readonly endpoints: readonly EndpointPartitions[] | null;
  /** For the broker to create. */
  readonly missingTopics: readonly InternalTopic[];
}

export type StreamsTimerEvent = TimerEvent &
  (
    | { readonly kind: 'session'; readonly memberId: string }
    | { readonly kind: 'rebalance'; readonly memberId: string; readonly epoch: number }
    | { readonly kind: 'initial' }
  );

/** Settings `group.streams.*`. */
export interface StreamsGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  readonly standbyReplicas: number;
  readonly initialRebalanceDelayMs: number;
  readonly assignmentIntervalMs: number;
}
