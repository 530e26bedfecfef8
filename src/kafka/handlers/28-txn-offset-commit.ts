/**
 * TxnOffsetCommit v0–5: offsets that are committed when the producer's transaction is. Until then OffsetFetch with `requireStable` answers UNSTABLE_OFFSET_COMMIT.
 * v3 checks the group's member (KIP-447). v5 adds the group to the transaction (KIP-890), earlier ones want AddOffsetsToTxn before. Answered when durable.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { txnOffsetCommitApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { CommitTopic } from '../../coordination/offsets.ts';
import type { HeldReply, TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';
import { type WriteVersions, writeRefusal } from './transaction-codes.ts';

const VERSIONS: WriteVersions = { abortableSince: 4, addsSince: 5 };

type Request = RequestOf<typeof txnOffsetCommitApi>;
type RequestTopic = Request['topics'][number];

/** The response in which `codeOf` says how each partition fared. */
const answer = (topics: readonly RequestTopic[], codeOf: (topic: string, partition: number) => number) => ({
  topics: topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: codeOf(name, partitionIndex),
    })),
  })),
});

function commitOf({ name, partitions }: RequestTopic, topicId: string): CommitTopic {
  return {
    topic: name,
    topicId,
    partitions: partitions.map((one) => ({
      partition: one.partitionIndex,
      offset: one.committedOffset,
      leaderEpoch: one.committedLeaderEpoch,
      metadata: one.committedMetadata,
    })),
  };
}

/** The code of each partition that was handed to the coordinator, by topic and partition. */
function codesOf(commits: readonly CommitTopic[], held: HeldReply, apiVersion: number): Map<string, number> {
  const codes = new Map<string, number>();
  for (const [at, { topic, partitions }] of commits.entries())
    for (const [index, { partition }] of partitions.entries())
      codes.set(
        `${topic}/${partition}`,
        held.error === 'NONE'
          ? errorCode[held.reply.errors[at]?.[index] ?? held.reply.error]
          : writeRefusal(held.error, apiVersion, VERSIONS, errorCode.COORDINATOR_NOT_AVAILABLE),
      );
  return codes;
}

export function txnOffsetCommitHandler(transactions: TransactionCoordinator, topics: GroupTopics): Handler {
  /** What of a topic can be committed. */
  const existing = (topic: RequestTopic): CommitTopic[] => {
    const found = topics.byName(topic.name);
    const isThere = (partition: number): boolean => partition >= 0 && partition < (found?.partitions ?? 0);
    const partitions = topic.partitions.filter(({ partitionIndex }) => isThere(partitionIndex));
    return found === undefined || partitions.length === 0 ? [] : [commitOf({ ...topic, partitions }, found.topicId)];
  };

  return handler(txnOffsetCommitApi, async (request, { apiVersion, may }) => {
    const { transactionalId, groupId, producerId, producerEpoch } = request;
    const refuse = (code: number) => answer(request.topics, () => code);
    if (!may('write', 'transactional-id', transactionalId))
      return refuse(errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if (!may('read', 'group', groupId)) return refuse(errorCode.GROUP_AUTHORIZATION_FAILED);
    if (groupId === '') return refuse(errorCode.INVALID_GROUP_ID);
    const readable = new Set(request.topics.map(({ name }) => name).filter((name) => may('read', 'topic', name)));
    const commits = request.topics.filter(({ name }) => readable.has(name)).flatMap(existing);
    const participant = { transactionalId, producerId, producerEpoch, adds: apiVersion >= VERSIONS.addsSince };
    const held: HeldReply =
      commits.length === 0
        ? { error: 'NONE', reply: { error: 'NONE', errors: [] } }
        : await transactions.commitOffsets(participant, {
            groupId,
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            generation: request.generationId,
            transactional: true,
            version: apiVersion,
            knowsGroupIdNotFound: false,
            retentionTimeMs: -1,
            topics: commits,
          });
    const codes = codesOf(commits, held, apiVersion);
    return answer(request.topics, (name, partition) => {
      if (!readable.has(name)) return errorCode.TOPIC_AUTHORIZATION_FAILED;
      return codes.get(`${name}/${partition}`) ?? errorCode.UNKNOWN_TOPIC_OR_PARTITION;
    });
  });
}
