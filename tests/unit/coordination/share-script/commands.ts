import * as messages from '../../../../protocol/messages/index.ts';
import { buildBatch } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { command, type CommandOf, list } from '../script/command.ts';

/** What an actor (a consumer with a connection of its own) remembers. */
export interface Actor {
  readonly name: string;
  readonly memberId: string;
  memberEpoch: number;
  sessionEpoch: number;
}

export interface Context {
  readonly actor: Actor;
  /** The command's `key=value` words; others are under `''`. */
  readonly words: Readonly<Record<string, string>>;
  readonly version: number;
  readonly groupId: (name: string) => string;
  readonly topicName: (name: string) => string;
  readonly topicId: (name: string) => string;
}

/** `t-0` as topic and partition. */
function place(text: string): { topic: string; partition: number } {
  const dash = text.lastIndexOf('-');
  return { topic: text.slice(0, dash), partition: Number(text.slice(dash + 1)) };
}

/** What belongs to one topic and partition of a list such as `t-0:…;t-1:…`, in its order. */
function byPlace<T>(
  places: readonly string[],
  of: (rest: string) => T,
): { topic: string; partitions: { partition: number; values: T[] }[] }[] {
  const topics: { topic: string; partitions: { partition: number; values: T[] }[] }[] = [];
  for (const one of places) {
    const colon = one.indexOf(':');
    const { topic, partition } = place(colon < 0 ? one : one.slice(0, colon));
    let known = topics.find((entry) => entry.topic === topic);
    if (known === undefined) topics.push((known = { topic, partitions: [] }));
    let values = known.partitions.find((entry) => entry.partition === partition);
    if (values === undefined) known.partitions.push((values = { partition, values: [] }));
    if (colon >= 0) values.values.push(of(one.slice(colon + 1)));
  }
  return topics;
}

/** `0-4:1` or, with a type for each offset, `0-2:1/2/3`. */
function acknowledgement(text: string): object {
  const [range = '', types = ''] = text.split(':');
  const [first = '', last = first] = range.split('..');
  return {
    firstOffset: Number(first),
    lastOffset: Number(last),
    acknowledgeTypes: types === '' ? [] : types.split('/').map(Number),
  };
}

const groupOf = ({ words, groupId }: Context): string => groupId(words['group'] ?? 'g');
const memberOf = ({ actor, words }: Context): string =>
  words['member'] === '-' ? '' : (words['member'] ?? actor.memberId);

function heartbeat(context: Context): object {
  const { actor, words, topicName } = context;
  const topics = words['topics'];
  return {
    groupId: groupOf(context),
    memberId: memberOf(context),
    memberEpoch: words['epoch']?.startsWith('+')
      ? actor.memberEpoch + Number(words['epoch'])
      : Number(words['epoch'] ?? actor.memberEpoch),
    rackId: words['rack'] ?? null,
    subscribedTopicNames: topics === undefined ? null : list(topics).map(topicName),
  };
}

function session(context: Context): object {
  const { actor, words, topicId, version } = context;
  const places = [...list(words['add']), ...(words['acks']?.split(';') ?? [])];
  return {
    groupId: groupOf(context),
    memberId: memberOf(context),
    shareSessionEpoch: Number(words['epoch'] ?? actor.sessionEpoch),
    topics: byPlace(places, acknowledgement).map(({ topic, partitions }) => ({
      topicId: topicId(topic),
      partitions: partitions.map(({ partition, values }) => ({
        partitionIndex: partition,
        acknowledgementBatches: values,
      })),
    })),
    ...(version >= 2 ? { isRenewAck: words['renew'] !== undefined } : {}),
  };
}

function fetch(context: Context): object {
  const { words, topicId, version } = context;
  return {
    ...session(context),
    maxWaitMs: Number(words['wait'] ?? 0),
    minBytes: Number(words['min'] ?? 1),
    maxBytes: Number(words['bytes'] ?? 1_000_000),
    maxRecords: Number(words['max'] ?? 500),
    batchSize: Number(words['size'] ?? 500),
    ...(version >= 2 ? { shareAcquireMode: words['mode'] === 'limit' ? 1 : 0 } : {}),
    forgottenTopicsData: byPlace(list(words['forget']), () => undefined).map(({ topic, partitions }) => ({
      topicId: topicId(topic),
      partitions: partitions.map(({ partition }) => partition),
    })),
  };
}

/** A batch of `count` records whose values are their numbers. */
function produce(context: Context): object {
  const { words, topicName } = context;
  const { topic, partition } = place(words[''] ?? '');
  const count = Number(words['count'] ?? 1);
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: 1_700_000_000_000 + index,
    value: new Uint8Array(Buffer.from(String(index).padStart(Number(words['bytes'] ?? 4), '.'))),
  }));
  return {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [
      {
        name: topicName(topic),
        partitionData: [{ index: partition, records: buildBatch({ baseOffset: 0 }, records, codecs, crc32c) }],
      },
    ],
  };
}

const ofTopics = (context: Context): string[] => list(context.words['topics']).map(context.topicName);

/** The commands of a script that are requests, with the version they use unless `v=` says another. */
export const commands: Readonly<Record<string, CommandOf<Context>>> = {
  heartbeat: command(messages.shareGroupHeartbeatApi, 1, heartbeat),
  fetch: command(messages.shareFetchApi, 2, fetch),
  ack: command(messages.shareAcknowledgeApi, 2, session),
  describe: command(messages.shareGroupDescribeApi, 1, (context) => ({
    groupIds: list(context.words['groups'] ?? 'g').map(context.groupId),
    includeAuthorizedOperations: false,
  })),
  offsets: command(messages.describeShareGroupOffsetsApi, 1, (context) => ({
    groups: [
      {
        groupId: groupOf(context),
        topics:
          context.words['places'] === undefined
            ? null
            : byPlace(list(context.words['places']), () => undefined).map(({ topic, partitions }) => ({
                topicName: context.topicName(topic),
                partitions: partitions.map(({ partition }) => partition),
              })),
      },
    ],
  })),
  alter: command(messages.alterShareGroupOffsetsApi, 0, (context) => ({
    groupId: groupOf(context),
    topics: byPlace(list(context.words['offsets']), Number).map(({ topic, partitions }) => ({
      topicName: context.topicName(topic),
      partitions: partitions.map(({ partition, values }) => ({
        partitionIndex: partition,
        startOffset: values[0] ?? 0,
      })),
    })),
  })),
  'delete-offsets': command(messages.deleteShareGroupOffsetsApi, 0, (context) => ({
    groupId: groupOf(context),
    topics: ofTopics(context).map((topicName) => ({ topicName })),
  })),
  produce: command(messages.produceApi, 9, produce),
  'delete-records': command(messages.deleteRecordsApi, 2, ({ words, topicName }) => {
    const { topic, partition } = place(words[''] ?? '');
    const partitions = [{ partitionIndex: partition, offset: Number(words['before']) }];
    return { topics: [{ name: topicName(topic), partitions }], timeoutMs: 10_000 };
  }),
  list: command(messages.listGroupsApi, 5, ({ words }) => ({
    statesFilter: list(words['states']),
    typesFilter: list(words['types']),
  })),
  'delete-group': command(messages.deleteGroupsApi, 2, (context) => ({ groupsNames: [groupOf(context)] })),
  'describe-classic': command(messages.describeGroupsApi, 6, (context) => ({
    groups: [groupOf(context)],
    includeAuthorizedOperations: false,
  })),
  'classic-join': command(messages.joinGroupApi, 3, (context) => ({
    groupId: groupOf(context),
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array(6) }],
  })),
  commit: command(messages.offsetCommitApi, 8, (context) => ({
    groupId: groupOf(context),
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: byPlace(list(context.words['offsets']), Number).map(({ topic, partitions }) => ({
      name: context.topicName(topic),
      partitions: partitions.map(({ partition, values }) => ({
        partitionIndex: partition,
        committedOffset: values[0] ?? 0,
        committedMetadata: '',
      })),
    })),
  })),
  configure: command(messages.incrementalAlterConfigsApi, 1, (context) => ({
    resources: [
      {
        resourceType: 32,
        resourceName: groupOf(context),
        configs: list(context.words['set']).map((one) => {
          const colon = one.indexOf(':');
          return { name: one.slice(0, colon), value: one.slice(colon + 1), configOperation: 0 };
        }),
      },
    ],
    validateOnly: false,
  })),
  coordinator: command(messages.findCoordinatorApi, 6, ({ words, groupId }) => ({
    keyType: Number(words['type'] ?? 2),
    coordinatorKeys: list(words['keys']).map(groupId),
  })),
};
