import { createHash } from 'node:crypto';
import type { GroupTopics } from '../types.ts';
import { NO_OWNED_TASKS, NO_TASKS } from './tasks.ts';
import type { StreamsGroup, StreamsMember, Subtopology, Tasks, Topology } from './types.ts';

/** A group that has never had a member. */
export function newStreamsGroup(groupId: string): StreamsGroup {
  return {
    kind: 'streams',
    groupId,
    epoch: 1,
    metadataHash: '',
    assignmentEpoch: 1,
    assignmentTime: 0,
    topology: undefined,
    validatedTopologyEpoch: -1,
    standbyReplicas: 0,
    members: new Map(),
    targets: new Map(),
    topicsVersion: -1,
    configured: undefined,
    endpointEpoch: 0,
    shutdownBy: undefined,
    isDelayed: false,
  };
}

/** A member that has told nothing yet. */
export function newMember(memberId: string): StreamsMember {
  return {
    memberId,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    topologyEpoch: -1,
    processId: '',
    endpoint: null,
    tags: {},
    epoch: 0,
    previousEpoch: 0,
    state: 'stable',
    assigned: NO_OWNED_TASKS,
    revoking: NO_OWNED_TASKS,
  };
}

/** Kafka's state of the group. */
export function stateOf(group: StreamsGroup): 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable' {
  if (group.members.size === 0) return 'Empty';
  if (group.topology === undefined || group.topology.epoch !== group.validatedTopologyEpoch) return 'NotReady';
  if (group.epoch > group.assignmentEpoch) return 'Assigning';
  for (const member of group.members.values()) if (!isReconciled(member, group.assignmentEpoch)) return 'Reconciling';
  return 'Stable';
}

/** True when the member has all that it is to have in this assignment epoch. */
export const isReconciled = (member: StreamsMember, assignmentEpoch: number): boolean =>
  member.state === 'stable' && member.epoch === assignmentEpoch;

export const targetOf = (group: StreamsGroup, memberId: string): Tasks => group.targets.get(memberId) ?? NO_TASKS;

/** Topics that the tasks of a subtopology read. */
export const inputsOf = ({ sourceTopics, repartitionSources }: Subtopology): string[] => [
  ...sourceTopics,
  ...repartitionSources.map(({ name }) => name),
];

/** Every topic that the topology needs. */
export function requiredTopics(topology: Topology): Set<string> {
  const names = topology.subtopologies.flatMap((one) => [...inputsOf(one), ...one.changelogs.map(({ name }) => name)]);
  return new Set(names);
}

/** Changes when a topic of the topology comes, goes, is made anew or gets partitions. */
export function metadataHashOf(topology: Topology, topics: GroupTopics): string {
  const hash = createHash('sha256');
  for (const name of [...requiredTopics(topology)].sort()) {
    const topic = topics.byName(name);
    if (topic !== undefined) hash.update(`${topic.topicId}:${topic.partitions}\n`);
  }
  return hash.digest('base64').slice(0, 22);
}
