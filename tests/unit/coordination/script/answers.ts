import { errorOf } from '../../../../protocol/errors.ts';
import { decodeAssignment } from '../../../../src/coordination/classic/subscription.ts';
import type { Answer } from './driver.ts';
import { subscriptionText } from './metadata.ts';

/** Turns ids that differ from run to run into names. */
export interface Names {
  member(memberId: string): string;
  group(groupId: string): string;
  topic(answer: { name: string; topicId: string }): string;
  /** False for groups of other runs. */
  isOwn(groupId: string): boolean;
}

const error = (code: number): string => errorOf(code)?.name ?? String(code);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
/** What scripts assign is text; what the broker assigns are bytes as those of an assignor, in some version. */
function assignmentText(bytes: Uint8Array): string {
  if (bytes[0] !== 0) return text(bytes);
  const view = Buffer.from(bytes);
  const assigned = decodeAssignment(bytes);
  const named = [...(assigned?.partitions ?? [])].flatMap(([topic, list]) => list.map((one) => `${topic}-${one}`));
  return `v${view.readInt16BE(0)}{${named.sort().join(' ')}}`;
}

const sorted = (values: Iterable<string>): string => [...values].sort().join(' ');

function partitions(topics: Answer[], names: Names, of: (partition: Answer) => string): string {
  return sorted(
    topics.flatMap((topic) =>
      topic.partitions.map((one: Answer) => `${names.topic(topic)}-${one.partitionIndex}:${of(one)}`),
    ),
  );
}

function fetched(one: Answer): string {
  if (one.errorCode !== 0) return error(one.errorCode);
  const epoch = one.committedLeaderEpoch === -1 ? '' : `/epoch=${one.committedLeaderEpoch}`;
  return `${one.committedOffset}${epoch}${one.metadata === '' ? '' : `/${one.metadata}`}`;
}

function described(group: Answer, names: Names): string {
  const members = group.members.map((member: Answer) => {
    const instance = member.groupInstanceId === null ? '' : `/${member.groupInstanceId}`;
    return `${names.member(member.memberId)}${instance}(${subscriptionText(member.memberMetadata)})=${assignmentText(member.memberAssignment)}`;
  });
  const protocol = `${group.protocolType}/${group.protocolData}`;
  return `${names.group(group.groupId)} ${error(group.errorCode)} ${group.groupState} ${protocol} ${sorted(members)}`.trimEnd();
}

function assigned(assignment: Answer, names: Names): string {
  return sorted(
    assignment.topicPartitions.flatMap((topic: Answer) =>
      topic.partitions.map((partition: number) => `${names.topic({ name: '', topicId: topic.topicId })}-${partition}`),
    ),
  );
}

const tasksText = (tasks: Answer[]): string =>
  sorted(tasks.flatMap((one) => one.partitions.map((partition: number) => `${one.subtopologyId}-${partition}`)));

const STATUSES = ['STALE', 'NO_SOURCE', 'PARTITIONS', 'NO_INTERNAL', 'SHUTDOWN', 'DELAYED'];

const statusText = (status: Answer[]): string =>
  sorted(status.map((one) => STATUSES[one.statusCode] ?? '?')).replaceAll(' ', ',');

function endpointsText(answer: Answer): string {
  const partitions = (topics: Answer[]): string =>
    sorted(topics.flatMap((one) => one.partitions.map((partition: number) => `${one.topic}-${partition}`)));
  return sorted(
    answer.partitionsByUserEndpoint.map((one: Answer) => {
      const { host, port } = one.userEndpoint;
      return `${host}|${port}:{${partitions(one.activePartitions)}}{${partitions(one.standbyPartitions)}}`;
    }),
  );
}

function streamsGroup(group: Answer, names: Names): string {
  if (group.errorCode !== 0) return `${names.group(group.groupId)} ${error(group.errorCode)}`;
  const members = group.members.map((member: Answer) => {
    const tasks = (assignment: Answer): string =>
      `[${tasksText(assignment.activeTasks)}|${tasksText(assignment.standbyTasks)}]`;
    const { memberId, memberEpoch, topologyEpoch, processId, assignment, targetAssignment } = member;
    return `${names.member(memberId)}@${memberEpoch}/${topologyEpoch}/${processId}=${tasks(assignment)}->${tasks(targetAssignment)}`;
  });
  const subtopologies = group.topology?.subtopologies.map((one: Answer) => one.subtopologyId).join() ?? '';
  const epochs = `${group.groupEpoch}/${group.assignmentEpoch}`;
  return `${names.group(group.groupId)} ${group.groupState} ${epochs} topology=${group.topology?.epoch}(${subtopologies}) ${sorted(members)}`.trimEnd();
}

const MEMBER_TYPES: Readonly<Record<number, string>> = { 0: 'classic:', 1: '' };

function consumerGroup(group: Answer, names: Names): string {
  if (group.errorCode !== 0) return `${names.group(group.groupId)} ${error(group.errorCode)}`;
  const members = group.members.map((member: Answer) => {
    const instance = member.instanceId === null ? '' : `/${member.instanceId}`;
    const regex = member.subscribedTopicRegex === '' ? '' : `~${member.subscribedTopicRegex}`;
    const subscription = `${(member.subscribedTopicNames as string[]).toSorted().join(',')}${regex}`;
    const who = `${MEMBER_TYPES[member.memberType]}${names.member(member.memberId)}${instance}@${member.memberEpoch}`;
    return `${who}(${subscription})=[${assigned(member.assignment, names)}]->[${assigned(member.targetAssignment, names)}]`;
  });
  const epochs = `${group.groupEpoch}/${group.assignmentEpoch}`;
  return `${names.group(group.groupId)} ${group.groupState} ${epochs} ${group.assignorName} ${sorted(members)}`.trimEnd();
}

/** One line for each kind of answer: what a client acts upon. Lists are sorted, since Kafka's have no order. */
export const describeAnswer: Readonly<Record<string, (answer: Answer, names: Names) => string>> = {
  join(answer, names) {
    if (answer.errorCode !== 0) {
      const id = answer.memberId === '' ? '' : ` member=${names.member(answer.memberId)}`;
      return `${error(answer.errorCode)}${id}`;
    }
    const members = answer.members.map(
      (one: Answer) =>
        `${names.member(one.memberId)}${one.groupInstanceId === null ? '' : `/${one.groupInstanceId}`}(${subscriptionText(one.metadata)})`,
    );
    const skip = answer.skipAssignment ? ' skip' : '';
    const who = `leader=${names.member(answer.leader)} member=${names.member(answer.memberId)}`;
    return `NONE generation=${answer.generationId} protocol=${answer.protocolType}/${answer.protocolName} ${who}${skip} [${sorted(members)}]`;
  },
  sync: (answer) =>
    answer.errorCode === 0
      ? `NONE protocol=${answer.protocolType}/${answer.protocolName} assignment=${assignmentText(answer.assignment)}`
      : error(answer.errorCode),
  heartbeat: (answer) => error(answer.errorCode),
  leave(answer, names) {
    const members = answer.members.map((one: Answer) => {
      const instance = one.groupInstanceId === null ? '' : `/${one.groupInstanceId}`;
      return `${names.member(one.memberId)}${instance}:${error(one.errorCode)}`;
    });
    return `${error(answer.errorCode)} ${members.join(' ')}`.trimEnd();
  },
  commit: (answer, names) => partitions(answer.topics, names, (one) => error(one.errorCode)),
  fetch(answer, names) {
    const groups = answer.groups.length > 0 ? answer.groups : [answer];
    return groups
      .map((group: Answer) => `${error(group.errorCode)} ${partitions(group.topics, names, fetched)}`.trimEnd())
      .join('; ');
  },
  'delete-offsets': (answer, names) =>
    `${error(answer.errorCode)} ${partitions(answer.topics, names, (one) => error(one.errorCode))}`.trimEnd(),
  describe: (answer, names) => sorted(answer.groups.map((group: Answer) => described(group, names))),
  list(answer, names) {
    const own = answer.groups.filter((group: Answer) => names.isOwn(group.groupId));
    return `${error(answer.errorCode)} ${sorted(own.map((group: Answer) => [names.group(group.groupId), group.protocolType, group.groupState, group.groupType].join('/')))}`.trimEnd();
  },
  beat(answer, names) {
    if (answer.errorCode !== 0) return error(answer.errorCode);
    const assignment = answer.assignment === null ? '' : ` [${assigned(answer.assignment, names)}]`;
    return `NONE epoch=${answer.memberEpoch}${assignment}`;
  },
  stream(answer, names) {
    if (answer.errorCode !== 0) return error(answer.errorCode);
    const tasks =
      answer.activeTasks === null
        ? ''
        : ` active=[${tasksText(answer.activeTasks)}] standby=[${tasksText(answer.standbyTasks)}] warmup=[${tasksText(answer.warmupTasks)}]`;
    const status = answer.status.length === 0 ? '' : ` status=${statusText(answer.status)}`;
    const endpoints = answer.partitionsByUserEndpoint === null ? '' : ` endpoints=[${endpointsText(answer)}]`;
    const { memberEpoch, endpointInformationEpoch: known } = answer;
    return `NONE epoch=${memberEpoch} member=${names.member(answer.memberId)}${tasks}${status}${endpoints} known=${known}`;
  },
  'describe-streams': (answer, names) => sorted(answer.groups.map((group: Answer) => streamsGroup(group, names))),
  'describe-consumer': (answer, names) => sorted(answer.groups.map((group: Answer) => consumerGroup(group, names))),
  delete: (answer, names) =>
    sorted(answer.results.map((one: Answer) => `${names.group(one.groupId)}:${error(one.errorCode)}`)),
};
