/** What a client is told of the cluster: one broker, which leads and controls everything. */
export interface ClusterView {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly rack: string | null;
}

/** What a topic id is in a message when there is none. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
