/** What a client is told of the cluster: one broker, which leads and controls everything. */
export interface ClusterView {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly rack: string | null;
}

/** What a topic id is in a message when there is none. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Stands for authorized operations that were not asked for (KIP-430). */
export const NOT_ASKED = -(2 ** 31);

/** Bits of every operation on a topic: READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS. */
export const TOPIC_OPERATIONS = 0b1101_1111_1000;

/** Bits of every operation on the cluster: CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE. */
export const CLUSTER_OPERATIONS = 0b1_1111_1010_0000;
