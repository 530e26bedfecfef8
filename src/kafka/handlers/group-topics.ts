/** A topic as far as committed offsets need it. */
export interface GroupTopic {
  readonly name: string;
  /** Kafka's text form of the UUID. */
  readonly topicId: string;
  readonly partitions: number;
}

/** Finds topics by name or id; undefined for an unknown one. */
export interface GroupTopics {
  byName(name: string): GroupTopic | undefined;
  byId(topicId: string): GroupTopic | undefined;
}
