type Row = readonly [code: number, retriable: boolean, message: string];

/**
 * Every error of the Kafka protocol (those of Apache Kafka 4.3): code, whether a client may simply try again, and a sentence
 * for people, which goes out where a response has room for one and the handler has nothing better to say.
 */
const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'Something went wrong in the broker that it did not expect.'],
  NONE: [0, false, 'No error.'],
  OFFSET_OUT_OF_RANGE: [1, false, 'The partition does not hold the offset asked for.'],
  CORRUPT_MESSAGE: [2, true, 'A record batch has a wrong checksum, a wrong size, or is damaged otherwise.'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'This broker has no such topic or partition.'],
  INVALID_FETCH_SIZE: [4, false, 'The number of bytes to fetch is not valid.'],
  LEADER_NOT_AVAILABLE: [5, true, 'The partition has no leader at this moment.'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'This broker does not lead, or does not hold, the partition.'],
  REQUEST_TIMED_OUT: [7, true, 'The request was not done within its time.'],
  BROKER_NOT_AVAILABLE: [8, false, 'The broker is not there.'],
  REPLICA_NOT_AVAILABLE: [9, true, 'The replica is not there.'],
  MESSAGE_TOO_LARGE: [10, false, 'A record batch is larger than max.message.bytes allows.'],
  STALE_CONTROLLER_EPOCH: [11, false, 'Another broker has become the controller.'],
  OFFSET_METADATA_TOO_LARGE: [12, false, 'The metadata of a committed offset is too long.'],
  NETWORK_EXCEPTION: [13, true, 'The connection ended before the answer came.'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'The coordinator is still loading its state.'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'There is no coordinator at this moment.'],
  NOT_COORDINATOR: [16, true, 'This broker does not coordinate what was asked for.'],
  INVALID_TOPIC_EXCEPTION: [17, false, 'The topic has a name that is not allowed, or does not take this operation.'],
  RECORD_LIST_TOO_LARGE: [18, false, 'The record batches are larger than segment.bytes allows.'],
  NOT_ENOUGH_REPLICAS: [19, true, 'Fewer replicas are in sync than min.insync.replicas asks for; nothing was written.'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [
    20,
    true,
    'The batch was written, but to fewer replicas than min.insync.replicas asks for.',
  ],
  INVALID_REQUIRED_ACKS: [21, false, 'acks must be -1, 0 or 1.'],
  ILLEGAL_GENERATION: [22, false, 'The group has another generation.'],
  INCONSISTENT_GROUP_PROTOCOL: [23, false, 'The member shares no protocol with the other members, or named none.'],
  INVALID_GROUP_ID: [24, false, 'The group id is not valid.'],
  UNKNOWN_MEMBER_ID: [25, false, 'The group has no such member.'],
  INVALID_SESSION_TIMEOUT: [
    26,
    false,
    'The session timeout is below group.min.session.timeout.ms or above group.max.session.timeout.ms.',
  ],
  REBALANCE_IN_PROGRESS: [27, false, 'The group is rebalancing; the member has to join again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, 'The offset commit is too large to be stored.'],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'Not authorized for the topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'Not authorized for the group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'Not authorized for the cluster.'],
  INVALID_TIMESTAMP: [32, false, 'A record has a timestamp outside of what the topic allows.'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'The broker does not offer this SASL mechanism.'],
  ILLEGAL_SASL_STATE: [34, false, 'The request does not fit the state of the authentication.'],
  UNSUPPORTED_VERSION: [35, false, 'This version of the API is not served.'],
  TOPIC_ALREADY_EXISTS: [36, false, 'There is a topic of this name already.'],
  INVALID_PARTITIONS: [37, false, 'The number of partitions is not valid.'],
  INVALID_REPLICATION_FACTOR: [38, false, 'The replication factor is not valid.'],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'The assignment of replicas is not valid.'],
  INVALID_CONFIG: [40, false, 'A config is not valid.'],
  NOT_CONTROLLER: [41, true, 'This broker is not the controller.'],
  INVALID_REQUEST: [42, false, 'The request contradicts itself or breaks a rule of the protocol.'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, 'The format of the records does not allow this.'],
  POLICY_VIOLATION: [44, false, 'A policy of this broker forbids it.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, 'A sequence number does not follow the last one of its producer.'],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, 'The sequence number was seen before.'],
  INVALID_PRODUCER_EPOCH: [47, false, 'The producer has an older epoch than the one known.'],
  INVALID_TXN_STATE: [48, false, 'The transaction is in a state that does not allow this.'],
  INVALID_PRODUCER_ID_MAPPING: [49, false, 'The producer id does not belong to the transactional id.'],
  INVALID_TRANSACTION_TIMEOUT: [50, false, 'The transaction timeout is above transaction.max.timeout.ms.'],
  CONCURRENT_TRANSACTIONS: [51, true, 'Another operation on this transaction is going on.'],
  TRANSACTION_COORDINATOR_FENCED: [52, false, 'Another coordinator has taken over this transaction.'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'Not authorized for the transactional id.'],
  SECURITY_DISABLED: [54, false, 'This broker has no authorizer.'],
  OPERATION_NOT_ATTEMPTED: [55, false, 'Not tried, because another part of the request failed.'],
  KAFKA_STORAGE_ERROR: [56, true, 'The disk failed.'],
  LOG_DIR_NOT_FOUND: [57, false, 'The broker has no such log directory.'],
  SASL_AUTHENTICATION_FAILED: [58, false, 'The authentication failed.'],
  UNKNOWN_PRODUCER_ID: [59, false, 'The partition no longer remembers this producer.'],
  REASSIGNMENT_IN_PROGRESS: [60, false, 'The partition is being moved.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, 'This broker has no delegation tokens.'],
  DELEGATION_TOKEN_NOT_FOUND: [62, false, 'There is no such delegation token.'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false, 'Neither owner nor renewer of the delegation token.'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false, 'This connection may not ask for delegation tokens.'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false, 'Not authorized for the delegation token.'],
  DELEGATION_TOKEN_EXPIRED: [66, false, 'The delegation token has expired.'],
  INVALID_PRINCIPAL_TYPE: [67, false, 'This type of principal is not known.'],
  NON_EMPTY_GROUP: [68, false, 'The group has members.'],
  GROUP_ID_NOT_FOUND: [69, false, 'There is no such group.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, 'There is no such fetch session.'],
  INVALID_FETCH_SESSION_EPOCH: [71, true, 'The fetch session has another epoch.'],
  LISTENER_NOT_FOUND: [72, true, 'The leader has no listener of the kind that was asked.'],
  TOPIC_DELETION_DISABLED: [73, false, 'Topics may not be deleted here.'],
  FENCED_LEADER_EPOCH: [74, true, 'The leader epoch is older than the one known here.'],
  UNKNOWN_LEADER_EPOCH: [75, true, 'The leader epoch is newer than the one known here.'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, 'The compression is not known to this version.'],
  STALE_BROKER_EPOCH: [77, false, 'The broker has registered anew since.'],
  OFFSET_NOT_AVAILABLE: [78, true, 'The new leader does not know its high watermark yet.'],
  MEMBER_ID_REQUIRED: [79, false, 'The member has to join with the id that it was given.'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true, 'The preferred leader is not there.'],
  GROUP_MAX_SIZE_REACHED: [81, false, 'The group has as many members as group.max.size allows.'],
  FENCED_INSTANCE_ID: [82, false, 'Another member has joined with the same group.instance.id.'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true, 'No replica may become the leader.'],
  ELECTION_NOT_NEEDED: [84, true, 'The partition has the leader that it should have.'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, 'The partition is not being moved.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, 'The group is subscribed to the topic.'],
  INVALID_RECORD: [87, false, 'A record breaks a rule of its topic.'],
  UNSTABLE_OFFSET_COMMIT: [88, true, 'A transaction that has not ended holds offsets of the partition.'],
  THROTTLING_QUOTA_EXCEEDED: [89, true, 'A quota is used up.'],
  PRODUCER_FENCED: [90, false, 'A newer producer has taken over the transactional id.'],
  RESOURCE_NOT_FOUND: [91, false, 'There is no such resource.'],
  DUPLICATE_RESOURCE: [92, false, 'The request names a resource twice.'],
  UNACCEPTABLE_CREDENTIAL: [93, false, 'The credential breaks a rule.'],
  INCONSISTENT_VOTER_SET: [94, false, 'The sender or the receiver is not among the voters.'],
  INVALID_UPDATE_VERSION: [95, false, 'The version to update to is not valid.'],
  FEATURE_UPDATE_FAILED: [96, false, 'The features could not be updated.'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false, 'A forwarded principal could not be read.'],
  SNAPSHOT_NOT_FOUND: [98, false, 'There is no such snapshot.'],
  POSITION_OUT_OF_RANGE: [99, false, 'The position is not within the snapshot.'],
  UNKNOWN_TOPIC_ID: [100, true, 'This broker has no topic of this id.'],
  DUPLICATE_BROKER_REGISTRATION: [101, false, 'The broker id is taken.'],
  BROKER_ID_NOT_REGISTERED: [102, false, 'No broker has this id.'],
  INCONSISTENT_TOPIC_ID: [103, true, 'The topic has another id.'],
  INCONSISTENT_CLUSTER_ID: [104, false, 'The cluster has another id.'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false, 'There is no such transactional id.'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, 'The fetch session mixes topic names and topic ids.'],
  INELIGIBLE_REPLICA: [107, false, 'A replica may not be in sync.'],
  NEW_LEADER_ELECTED: [108, false, 'The partition was changed, and has another leader now.'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false, 'The offset has moved to remote storage.'],
  FENCED_MEMBER_EPOCH: [110, false, 'The member has an old epoch; it must give up its partitions and join again.'],
  UNRELEASED_INSTANCE_ID: [111, false, 'Another member still uses the group.instance.id.'],
  UNSUPPORTED_ASSIGNOR: [112, false, 'The group does not have this assignor.'],
  STALE_MEMBER_EPOCH: [113, false, 'The member has an old epoch; it may try again after its next heartbeat.'],
  MISMATCHED_ENDPOINT_TYPE: [114, false, 'The request went to an endpoint of another type.'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, 'This type of endpoint is not known.'],
  UNKNOWN_CONTROLLER_ID: [116, false, 'No controller has this id.'],
  UNKNOWN_SUBSCRIPTION_ID: [117, false, 'The telemetry subscription is not the current one.'],
  TELEMETRY_TOO_LARGE: [118, false, 'The telemetry is larger than allowed.'],
  INVALID_REGISTRATION: [119, false, 'The broker registration is not valid.'],
  TRANSACTION_ABORTABLE: [120, false, 'The transaction cannot go on; after an abort the producer can.'],
  INVALID_RECORD_STATE: [121, false, 'The record is in a state that does not allow this acknowledgement.'],
  SHARE_SESSION_NOT_FOUND: [122, true, 'There is no such share session.'],
  INVALID_SHARE_SESSION_EPOCH: [123, true, 'The share session has another epoch.'],
  FENCED_STATE_EPOCH: [124, false, 'The share partition has another state epoch.'],
  INVALID_VOTER_KEY: [125, false, 'The key is not that of the voter.'],
  DUPLICATE_VOTER: [126, false, 'The voter is there already.'],
  VOTER_NOT_FOUND: [127, false, 'There is no such voter.'],
  INVALID_REGULAR_EXPRESSION: [128, false, 'The regular expression is not valid.'],
  REBOOTSTRAP_REQUIRED: [129, false, 'The client has to start again from its bootstrap servers.'],
  STREAMS_INVALID_TOPOLOGY: [130, false, 'The topology is not valid.'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false, 'The epoch of the topology is not valid.'],
  STREAMS_TOPOLOGY_FENCED: [132, false, 'The group has a newer topology.'],
  SHARE_SESSION_LIMIT_REACHED: [133, true, 'There are as many share sessions as allowed.'],
} as const satisfies Record<string, Row>;

/** Kafka's name of an error. */
export type ErrorName = keyof typeof table;

/** One error of the protocol. */
export interface ProtocolError {
  readonly name: ErrorName;
  readonly code: number;
  /** Whether the same request may succeed when it is sent again. */
  readonly retriable: boolean;
  readonly message: string;
}

const rows = Object.entries(table) as readonly (readonly [ErrorName, Row])[];

/** All errors by rising code. */
export const errors: readonly ProtocolError[] = rows.map(([name, [code, retriable, message]]) => ({
  name,
  code,
  retriable,
  message,
}));

/** `errorCode.NOT_COORDINATOR` is 16. */
export const errorCode = Object.fromEntries(rows.map(([name, [code]]) => [name, code])) as {
  readonly [Name in ErrorName]: (typeof table)[Name][0];
};

const byCode: ReadonlyMap<number, ProtocolError> = new Map(errors.map((error) => [error.code, error]));

/** The error of a code; undefined for a code that Apache Kafka 4.3 does not have. */
export function errorOf(code: number): ProtocolError | undefined {
  return byCode.get(code);
}

/** The sentence for a code. */
export function errorMessage(code: number): string {
  return byCode.get(code)?.message ?? `Error ${code}.`;
}
