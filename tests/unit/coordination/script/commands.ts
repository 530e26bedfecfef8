import * as messages from '../../../../protocol/messages/index.ts';
import { subscriptionBytes } from './metadata.ts';
import { topologies } from './streams-topologies.ts';
import { command, type CommandOf, list } from './command.ts';

/** What an actor (a client with a connection of its own) remembers. */
export interface Actor {
  readonly name: string;
  group: string;
  instance: string | null;
  memberId: string;
  generation: number;
  protocolType: string | null;
  protocolName: string | null;
}

export interface Context {
  readonly actor: Actor;
  /** The command's `key=value` words. */
  readonly words: Readonly<Record<string, string>>;
  readonly version: number;
  /** Id of a member named `a1` (the first id that actor a got); any other text stands for itself, `-` for none. */
  readonly id: (name: string) => string;
  readonly group: (name: string) => string;
  readonly topicId: (name: string) => string;
}

const pairs = (text: string | undefined): [string, string][] =>
  list(text).map((one) => [one.split(':')[0] ?? '', one.split(':')[1] ?? '']);

const member = ({ actor, words, id }: Context): string =>
  words['member'] === undefined ? actor.memberId : id(words['member']);
const groupOf = ({ actor, words, group }: Context): string =>
  words['group'] === undefined ? actor.group : group(words['group']);
const generation = ({ actor, words }: Context): number => Number(words['generation'] ?? actor.generation);
const instance = (context: Context, since: number): { groupInstanceId?: string | null } => {
  const given = context.words['instance'] ?? context.actor.instance;
  return context.version >= since ? { groupInstanceId: given === '-' ? null : given } : {};
};

/** `t-0:5,t-1:7` by topic. */
function byTopic<T>(
  text: string | undefined,
  of: (partition: number, value: string) => T,
): { name: string; partitions: T[] }[] {
  const topics = new Map<string, T[]>();
  for (const [where, value] of pairs(text)) {
    const dash = where.lastIndexOf('-');
    const name = where.slice(0, dash);
    topics.set(name, [...(topics.get(name) ?? []), of(Number(where.slice(dash + 1)), value)]);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}

const named = ({ version, topicId }: Context, name: string): object =>
  version >= 10 ? { topicId: topicId(name) } : { name };

function join(context: Context): object {
  const { actor, words, version } = context;
  actor.group = groupOf(context);
  if (words['instance'] !== undefined) actor.instance = words['instance'] === '-' ? null : words['instance'];
  const session = Number(words['session'] ?? 10_000);
  return {
    groupId: actor.group,
    sessionTimeoutMs: session,
    rebalanceTimeoutMs: version === 0 ? -1 : Number(words['rebalance'] ?? session),
    memberId: member(context),
    protocolType: words['type'] ?? 'consumer',
    protocols: pairs(words['protocols'] ?? 'range:t').map(([name, topics]) => ({
      name,
      metadata: subscriptionBytes(topics),
    })),
    ...instance(context, 5),
  };
}

function sync(context: Context): object {
  const { actor, words, version, id } = context;
  const protocol = {
    protocolType: words['type'] ?? actor.protocolType,
    protocolName: words['protocol'] ?? actor.protocolName,
  };
  return {
    groupId: groupOf(context),
    generationId: generation(context),
    memberId: member(context),
    assignments: pairs(words['assign']).map(([who, what]) => ({
      memberId: id(who),
      assignment: new Uint8Array(Buffer.from(what)),
    })),
    ...(version >= 5 ? protocol : {}),
    ...instance(context, 3),
  };
}

function commit(context: Context): object {
  const { words, version } = context;
  const simple = words['simple'] !== undefined;
  const topics = byTopic(words['offsets'], (partitionIndex, value) => ({
    partitionIndex,
    committedOffset: Number(value),
    committedMetadata: words['metadata'] === '-' ? null : (words['metadata'] ?? '').repeat(Number(words['times'] ?? 1)),
    ...(version >= 6 && words['epoch'] !== undefined ? { committedLeaderEpoch: Number(words['epoch']) } : {}),
  }));
  return {
    groupId: groupOf(context),
    generationIdOrMemberEpoch: simple ? -1 : generation(context),
    memberId: simple ? '' : member(context),
    topics: topics.map(({ name, partitions }) => ({ ...named(context, name), partitions })),
    ...(version <= 4 && words['retention'] !== undefined ? { retentionTimeMs: Number(words['retention']) } : {}),
    ...(simple ? {} : instance(context, 7)),
  };
}

function fetch(context: Context): object {
  const { words, version } = context;
  const groupId = groupOf(context);
  const wanted = byTopic(words['offsets'], (partition) => partition).map(({ name, partitions }) => ({
    ...(version >= 8 ? named(context, name) : { name }),
    partitionIndexes: partitions,
  }));
  const topics = words['offsets'] === undefined ? null : wanted;
  const caller =
    words['as'] === undefined ? {} : { memberId: context.id(words['as']), memberEpoch: generation(context) };
  const stable = version >= 7 ? { requireStable: words['stable'] !== undefined } : {};
  return version >= 8 ? { groups: [{ groupId, topics, ...caller }], ...stable } : { groupId, topics, ...stable };
}

function leave(context: Context): object {
  const { words, version, id } = context;
  const groupId = groupOf(context);
  if (version < 3) return { groupId, memberId: member(context) };
  // `a1/i1` names a member with its instance id, `-/i1` an instance only.
  const one = (text: string): object => {
    const [who = '-', groupInstanceId] = text.split('/');
    return { memberId: id(who), ...(groupInstanceId === undefined ? {} : { groupInstanceId }) };
  };
  const own = { memberId: member(context), ...instance(context, 3) };
  return { groupId, members: words['members'] === undefined ? [own] : list(words['members']).map(one) };
}

const groups = (context: Context): string[] =>
  words(context, 'groups').length === 0 ? [context.actor.group] : words(context, 'groups').map(context.group);
const words = (context: Context, key: string): string[] => list(context.words[key]);

const topicPartitions = (context: Context, text: string): object[] =>
  byTopic(text === '-' ? '' : text, (partition) => partition).map(({ name, partitions }) => ({
    topicId: context.topicId(name),
    partitions,
  }));

const nameOrNone = (text: string | undefined): string | null => (text === undefined ? null : text);

/** A heartbeat of KIP-848. A member without an epoch joins, with an id of its own choice: the actor's name. */
function beat(context: Context): object {
  const { actor, words: given, version } = context;
  actor.group = groupOf(context);
  if (given['instance'] !== undefined) actor.instance = given['instance'] === '-' ? null : given['instance'];
  const epoch = Number(given['epoch'] ?? Math.max(0, actor.generation));
  const joins = epoch === 0 || given['all'] !== undefined;
  const none = version === 0 ? '' : actor.name;
  const memberId = given['member'] === undefined ? actor.memberId || none : context.id(given['member']);
  const topics = given['topics'] ?? (joins && given['regex'] === undefined ? 't' : undefined);
  const owned = given['owned'] ?? (joins ? '-' : undefined);
  return {
    groupId: actor.group,
    memberId,
    memberEpoch: epoch,
    instanceId: actor.instance,
    rackId: nameOrNone(given['rack']),
    rebalanceTimeoutMs: Number(given['rebalance'] ?? (joins ? 10_000 : -1)),
    subscribedTopicNames: topics === undefined || topics === 'null' ? null : list(topics === '-' ? '' : topics),
    ...(version >= 1 ? { subscribedTopicRegex: given['regex'] === '-' ? '' : nameOrNone(given['regex']) } : {}),
    serverAssignor: nameOrNone(given['assignor']),
    topicPartitions: owned === undefined || owned === 'null' ? null : topicPartitions(context, owned),
  };
}

/** `0-1,1-0` as tasks; `-` for none, absent for null. */
const taskIds = (text: string | undefined): object[] | null =>
  text === undefined
    ? null
    : byTopic(text === '-' ? '' : text, (partition) => partition).map(({ name, partitions }) => ({
        subtopologyId: name,
        partitions,
      }));

/** A heartbeat of KIP-1071. A member without an epoch joins. */
function stream(context: Context): object {
  const { actor, words: given } = context;
  actor.group = groupOf(context);
  const epoch = Number(given['epoch'] ?? Math.max(0, actor.generation));
  const joins = epoch === 0;
  const none = joins ? '-' : undefined;
  const topology = given['topology'] ?? (joins ? 'simple' : 'null');
  const [host, port] = (given['endpoint'] ?? '').split('|');
  return {
    groupId: actor.group,
    memberId: given['member'] === undefined ? actor.name : context.id(given['member']),
    memberEpoch: epoch,
    endpointInformationEpoch: Number(given['known'] ?? 0),
    instanceId: nameOrNone(given['instance']),
    rebalanceTimeoutMs: Number(given['rebalance'] ?? (joins ? 10_000 : -1)),
    topology: topologies[topology] ?? null,
    activeTasks: taskIds(given['active'] ?? none),
    standbyTasks: taskIds(given['standby'] ?? (given['active'] === undefined ? none : '-')),
    warmupTasks: taskIds(given['active'] === undefined ? none : '-'),
    processId: given['process'] ?? (joins ? `process-${actor.name}` : null),
    userEndpoint: host === undefined || host === '' ? null : { host, port: Number(port) },
    clientTags: joins ? [] : null,
    shutdownApplication: given['shutdown'] !== undefined,
  };
}

/** The commands of a script that are requests, with the version they use unless `v=` says another. */
export const commands: Readonly<Record<string, CommandOf<Context>>> = {
  join: command(messages.joinGroupApi, 9, join),
  sync: command(messages.syncGroupApi, 5, sync),
  heartbeat: command(messages.heartbeatApi, 4, (context) => ({
    groupId: groupOf(context),
    generationId: generation(context),
    memberId: member(context),
    ...instance(context, 3),
  })),
  leave: command(messages.leaveGroupApi, 5, leave),
  commit: command(messages.offsetCommitApi, 9, commit),
  fetch: command(messages.offsetFetchApi, 9, fetch),
  'delete-offsets': command(messages.offsetDeleteApi, 0, (context) => ({
    groupId: groupOf(context),
    topics: byTopic(context.words['offsets'], (partitionIndex) => ({ partitionIndex })),
  })),
  describe: command(messages.describeGroupsApi, 6, (context) => ({
    groups: groups(context),
    includeAuthorizedOperations: false,
  })),
  list: command(messages.listGroupsApi, 5, (context) => ({
    ...(context.version >= 4 ? { statesFilter: words(context, 'states') } : {}),
    ...(context.version >= 5 ? { typesFilter: words(context, 'types') } : {}),
  })),
  beat: command(messages.consumerGroupHeartbeatApi, 1, beat),
  stream: command(messages.streamsGroupHeartbeatApi, 0, stream),
  'describe-streams': command(messages.streamsGroupDescribeApi, 0, (context) => ({
    groupIds: groups(context),
    includeAuthorizedOperations: false,
  })),
  'describe-consumer': command(messages.consumerGroupDescribeApi, 1, (context) => ({
    groupIds: groups(context),
    includeAuthorizedOperations: false,
  })),
  delete: command(messages.deleteGroupsApi, 2, (context) => ({ groupsNames: groups(context) })),
};
