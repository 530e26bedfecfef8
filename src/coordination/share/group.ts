import type { AnyGroup, GroupTopic, GroupTopics } from '../types.ts';

/** Partitions by topic id. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface ShareMember {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** In order, without repetition. */
  readonly subscribedTopicNames: readonly string[];
  /** Epoch of the assignment that the member was told. */
  readonly epoch: number;
  /** The epoch before: a member that did not get the last answer still has it. */
  readonly previousEpoch: number;
  /** What the member is to read. It is told with its next heartbeat; nobody has to give up anything first. */
  readonly assignment: Assignment;
  /** Epoch of the group in which the assignment changed last. */
  readonly assignedIn: number;
}

/** A topic for which the group has share partitions: so many, from partition 0 on. */
export interface SharedTopic {
  readonly name: string;
  readonly partitions: number;
}

/** A share group (KIP-932): an immutable value. Maps iterate in the order of insertion. */
export interface ShareGroup extends AnyGroup {
  readonly kind: 'share';
  /** Raised by every change of members, subscriptions or topics. */
  readonly epoch: number;
  readonly members: ReadonlyMap<string, ShareMember>;
  /** By topic id: what members subscribe or subscribed, until its offsets are deleted. */
  readonly topics: ReadonlyMap<string, SharedTopic>;
  /** `GroupTopics.version` when the assignment was made; -1 when that is not known. */
  readonly topicsVersion: number;
}

/** A group that has never had a member. */
export function newShareGroup(groupId: string): ShareGroup {
  return { kind: 'share', groupId, epoch: 1, members: new Map(), topics: new Map(), topicsVersion: -1 };
}

/** Kafka's states of a share group. */
export type ShareGroupState = 'Empty' | 'Stable';

export const stateOf = ({ members }: ShareGroup): ShareGroupState => (members.size === 0 ? 'Empty' : 'Stable');

/** The topics that the members subscribe and that exist, by id. */
export function subscribedTopics(group: ShareGroup, topics: GroupTopics): Map<string, GroupTopic> {
  const found = new Map<string, GroupTopic>();
  for (const { subscribedTopicNames } of group.members.values()) {
    for (const name of subscribedTopicNames) {
      const topic = topics.byName(name);
      if (topic !== undefined) found.set(topic.topicId, topic);
    }
  }
  return found;
}

/** True when both name the same partitions, in the same order. */
export function sameAssignment(left: Assignment, right: Assignment): boolean {
  if (left.size !== right.size) return false;
  for (const [topicId, partitions] of left) {
    const other = right.get(topicId);
    if (other?.length !== partitions.length || partitions.some((partition, at) => other[at] !== partition))
      return false;
  }
  return true;
}
