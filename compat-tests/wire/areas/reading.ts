import {
  deleteRecordsApi,
  fetchApi,
  listOffsetsApi,
  offsetForLeaderEpochApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

interface Wanted {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly epoch?: number;
  readonly maxBytes?: number;
  readonly isolation?: number;
  readonly session?: readonly [id: number, epoch: number];
  readonly replicaId?: number;
  readonly lastFetchedEpoch?: number;
}

function fetchRequest(wanted: Wanted) {
  const { topic, topicId, partition = 0, offset = 0, epoch = -1, maxBytes = 1024, isolation = 0, session } = wanted;
  const asked = {
    partition,
    currentLeaderEpoch: epoch,
    fetchOffset: offset,
    partitionMaxBytes: maxBytes,
    lastFetchedEpoch: wanted.lastFetchedEpoch ?? -1,
  };
  return {
    ...(wanted.replicaId === undefined ? {} : { replicaId: wanted.replicaId }),
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1024,
    isolationLevel: isolation,
    sessionId: session?.[0] ?? 0,
    sessionEpoch: session?.[1] ?? -1,
    topics: [{ topic: topic ?? '', topicId: topicId ?? 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [asked] }],
    forgottenTopicsData: [],
  };
}

function fetch(world: World, wanted: Wanted, version = wanted.topicId === undefined ? 12 : 17) {
  return world.ask(fetchApi, version, fetchRequest(wanted), {
    show: ['highWatermark', 'lastStableOffset', 'logStartOffset', 'preferredReadReplica', 'divergingEpoch'],
  });
}

function offsets(
  world: World,
  timestamp: number,
  more: { topic?: string; partition?: number; epoch?: number; isolation?: number } = {},
  version = 9,
) {
  const { topic = 'compacted', partition = 0, epoch = -1, isolation = 0 } = more;
  const partitions = [{ partitionIndex: partition, currentLeaderEpoch: epoch, timestamp }];
  const request = { replicaId: -1, isolationLevel: isolation, topics: [{ name: topic, partitions }] };
  return world.ask(listOffsetsApi, version, request, { show: ['offset', 'leaderEpoch'] });
}

function epochEnd(world: World, leaderEpoch: number, current = -1, topic = 'compacted', partition = 0) {
  const partitions = [{ partition, currentLeaderEpoch: current, leaderEpoch }];
  const request = { replicaId: -1, topics: [{ topic, partitions }] };
  return world.ask(offsetForLeaderEpochApi, 4, request, { show: ['leaderEpoch', 'endOffset'] });
}

function deleteRecords(world: World, offset: number, topic = 'stamped', partitionIndex = 0) {
  const topics = [{ name: topic, partitions: [{ partitionIndex, offset }] }];
  return world.ask(deleteRecordsApi, 2, { topics, timeoutMs: 5000 }, { show: ['lowWatermark'] });
}

async function inSession(world: World, id: 'own' | number, epoch: number) {
  const first = await world.tell(fetchApi, 12, fetchRequest({ topic: 'compacted', session: [0, 0] }));
  await fetch(world, { topic: 'compacted', session: [id === 'own' ? first.sessionId : id, epoch] });
}

export const reading: WireArea = {
  name: 'fetch and offsets',
  cases: {
    'Fetch of what is there': (world) => fetch(world, { topic: 'compacted' }),
    'Fetch of an unknown topic': (world) => fetch(world, { topic: 'no-such-topic' }),
    'Fetch of an unknown partition': (world) => fetch(world, { topic: 'compacted', partition: 9 }),
    'Fetch of a negative partition': (world) => fetch(world, { topic: 'compacted', partition: -1 }),
    'Fetch of a topic without a name': (world) => fetch(world, { topic: '' }),
    'Fetch by an unknown id': (world) => fetch(world, { topicId: NO_SUCH_ID }),
    'Fetch by the id of zeroes': (world) => fetch(world, { topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    'Fetch by a known id of an unknown partition': (world) =>
      fetch(world, { topicId: world.id('compacted'), partition: 9 }),
    'Fetch above the end': (world) => fetch(world, { topic: 'compacted', offset: 99 }),
    'Fetch at the end': (world) => fetch(world, { topic: 'compacted', offset: 3 }),
    'Fetch of a negative offset': (world) => fetch(world, { topic: 'compacted', offset: -5 }),
    'Fetch with a leader epoch that is too new': (world) => fetch(world, { topic: 'compacted', epoch: 99 }),
    'Fetch with the current leader epoch': (world) => fetch(world, { topic: 'compacted', epoch: 0 }),
    'Fetch with an unknown last epoch': (world) => fetch(world, { topic: 'compacted', lastFetchedEpoch: 5 }),
    'Fetch with the current last epoch': (world) => fetch(world, { topic: 'compacted', lastFetchedEpoch: 0 }),
    'Fetch with an unknown isolation level': (world) => fetch(world, { topic: 'compacted', isolation: 7 }),
    'Fetch of committed records': (world) => fetch(world, { topic: 'compacted', isolation: 1 }),
    'Fetch of no bytes': (world) => fetch(world, { topic: 'compacted', maxBytes: 0 }),
    'Fetch of a negative number of bytes': (world) => fetch(world, { topic: 'compacted', maxBytes: -1 }),
    'Fetch of a session that does not exist': (world) => fetch(world, { topic: 'compacted', session: [12345, 3] }),
    'Fetch of a session with the wrong epoch': (world) => inSession(world, 'own', 7),
    'Fetch of a session with the next epoch': (world) => inSession(world, 'own', 1),
    'Fetch that ends a session': (world) => inSession(world, 'own', -1),
    'Fetch in no session with an epoch': (world) => fetch(world, { topic: 'compacted', session: [0, 5] }),
    'Fetch with a negative session id': (world) => fetch(world, { topic: 'compacted', session: [-4, 1] }),
    'Fetch of nothing': (world) => world.ask(fetchApi, 12, { ...fetchRequest({}), topics: [] }),
    'Fetch with a rack': (world) =>
      world.ask(
        fetchApi,
        12,
        { ...fetchRequest({ topic: 'compacted' }), rackId: 'r9' },
        { show: ['preferredReadReplica'] },
      ),
    'Fetch of the same partition twice': (world) => {
      const request = fetchRequest({ topic: 'compacted' });
      return world.ask(fetchApi, 12, { ...request, topics: [...request.topics, ...request.topics] });
    },

    'ListOffsets of the earliest': (world) => offsets(world, -2),
    'ListOffsets of the latest': (world) => offsets(world, -1),
    'ListOffsets of the highest timestamp': (world) => offsets(world, -3),
    'ListOffsets of the earliest local': (world) => offsets(world, -4),
    'ListOffsets of the latest tiered': (world) => offsets(world, -5),
    'ListOffsets of the earliest pending upload': (world) => offsets(world, -6, {}, 11),
    'ListOffsets of an unknown special time': (world) => offsets(world, -9, {}, 11),
    'ListOffsets of the highest timestamp in a version that did not have it': (world) => offsets(world, -3, {}, 6),
    'ListOffsets of the earliest local in a version that did not have it': (world) => offsets(world, -4, {}, 7),
    'ListOffsets of the latest tiered in a version that did not have it': (world) => offsets(world, -5, {}, 8),
    'ListOffsets of the earliest pending upload in a version that did not have it': (world) =>
      offsets(world, -6, {}, 10),
    'ListOffsets of an early time': (world) => offsets(world, 1),
    'ListOffsets of a late time': (world) => offsets(world, 9_000_000_000_000),
    'ListOffsets of an unknown topic': (world) => offsets(world, -1, { topic: 'no-such-topic' }),
    'ListOffsets of an unknown partition': (world) => offsets(world, -1, { partition: 9 }),
    'ListOffsets of a negative partition': (world) => offsets(world, -1, { partition: -1 }),
    'ListOffsets with a leader epoch that is too new': (world) => offsets(world, -1, { epoch: 99 }),
    'ListOffsets with an unknown isolation level': (world) => offsets(world, -1, { isolation: 7 }),
    'ListOffsets of committed records': (world) => offsets(world, -1, { isolation: 1 }),
    'ListOffsets of nothing': (world) => world.ask(listOffsetsApi, 9, { replicaId: -1, topics: [] }),
    'ListOffsets of the same partition twice': (world) => {
      const partition = { partitionIndex: 0, timestamp: -1 };
      return world.ask(listOffsetsApi, 9, {
        replicaId: -1,
        topics: [{ name: 'compacted', partitions: [partition, partition] }],
      });
    },
    'ListOffsets of a topic twice': (world) => {
      const topic = { name: 'compacted', partitions: [{ partitionIndex: 0, timestamp: -1 }] };
      return world.ask(listOffsetsApi, 9, { replicaId: -1, topics: [topic, topic] });
    },

    'OffsetForLeaderEpoch of the current epoch': (world) => epochEnd(world, 0),
    'OffsetForLeaderEpoch of a later epoch': (world) => epochEnd(world, 5),
    'OffsetForLeaderEpoch of a negative epoch': (world) => epochEnd(world, -1),
    'OffsetForLeaderEpoch of a very negative epoch': (world) => epochEnd(world, -7),
    'OffsetForLeaderEpoch with a current epoch that is too new': (world) => epochEnd(world, 0, 9),
    'OffsetForLeaderEpoch with the current epoch': (world) => epochEnd(world, 0, 0),
    'OffsetForLeaderEpoch of an unknown topic': (world) => epochEnd(world, 0, -1, 'no-such-topic'),
    'OffsetForLeaderEpoch of an unknown partition': (world) => epochEnd(world, 0, -1, 'compacted', 9),

    'DeleteRecords above the end': (world) => deleteRecords(world, 99),
    'DeleteRecords of a negative offset': (world) => deleteRecords(world, -2),
    'DeleteRecords up to 1': (world) => deleteRecords(world, 1),
    'DeleteRecords up to where it was deleted already': (world) => deleteRecords(world, 0),
    'DeleteRecords up to the end': (world) => deleteRecords(world, -1),
    'DeleteRecords of an unknown topic': (world) => deleteRecords(world, 0, 'no-such-topic'),
    'DeleteRecords of an unknown partition': (world) => deleteRecords(world, 0, 'stamped', 9),
    'DeleteRecords of a compacted topic': (world) => deleteRecords(world, 0, 'compacted'),
    'DeleteRecords of nothing': (world) => world.ask(deleteRecordsApi, 2, { topics: [], timeoutMs: 5000 }),
    'Fetch below the start': (world) => fetch(world, { topic: 'stamped', offset: 0 }),
  },
};
