/**
 * ListOffsets v1–11. By time: the first record with that timestamp or a later one, -1 when there is none. -1 latest, -2 earliest, -3 that of the largest timestamp,
 * -4 earliest local (all offsets are local in Kafka's sense), -5 latest tiered and -6 earliest pending upload (nothing is tiered in Kafka's sense: none).
 * read_committed sees nothing at or above the last stable offset. Needs DESCRIBE on each topic.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { listOffsetsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { Isolation, Log, OffsetTarget, PartitionLog } from '../../log/types.ts';
import { responseErrorOf } from '../errors.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { checkLeaderEpoch, locateByName } from '../partitions.ts';

type Topics = RequestOf<typeof listOffsetsApi>['topics'];
type Partition = Topics[number]['partitions'][number];

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** First version in which a special time may be asked for. */
const SINCE = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

const ISOLATION: readonly Isolation[] = ['read_uncommitted', 'read_committed'];
const LEADER_EPOCH_SINCE = 4;
const NONE = { timestamp: -1, offset: -1, leaderEpoch: -1 };

function targetOf(timestamp: number): OffsetTarget | undefined {
  switch (timestamp) {
    case LATEST:
      return 'latest';
    case EARLIEST:
    case EARLIEST_LOCAL:
      return 'earliest';
    case MAX_TIMESTAMP:
      return 'max-timestamp';
    default:
      return timestamp < 0 ? undefined : { timestamp };
  }
}

async function find(log: PartitionLog, timestamp: number, isolation: Isolation) {
  const target = targetOf(timestamp);
  const found = target === undefined ? undefined : await log.findOffset(target, isolation);
  if (found === undefined) return NONE;
  // The ends of a log carry no timestamp.
  return target === 'latest' || target === 'earliest' ? { ...found, timestamp: -1 } : found;
}

/** Partitions that a request names twice. */
function repeated(topics: Topics): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
  }
  return twice;
}

/** Each partition once, with its topic's first mention. */
function once(topics: Topics): { name: string; partitions: Partition[] }[] {
  const seen = new Set<string>();
  const isNew = (name: string, { partitionIndex }: Partition): boolean => {
    const key = `${name}-${partitionIndex}`;
    return !seen.has(key) && seen.add(key).size > 0;
  };
  return topics
    .map(({ name, partitions }) => ({ name, partitions: partitions.filter((partition) => isNew(name, partition)) }))
    .filter(({ partitions }, at) => partitions.length > 0 || topics[at]?.partitions.length === 0);
}

export function listOffsetsHandler(log: Log, logger: Logger): Handler {
  const answer = async (
    topic: string,
    partition: Partition,
    { apiVersion, may }: RequestContext,
    isolation: Isolation | undefined,
    twice: ReadonlySet<string>,
  ) => {
    const { partitionIndex, timestamp, currentLeaderEpoch } = partition;
    const refuse = (code: number) => ({ ...NONE, partitionIndex, errorCode: code });
    if (!may('describe', 'topic', topic)) return refuse(errorCode.TOPIC_AUTHORIZATION_FAILED);
    if (twice.has(`${topic}-${partitionIndex}`)) return refuse(errorCode.INVALID_REQUEST);
    // What Apache Kafka answers to an isolation level that does not exist.
    if (isolation === undefined) return refuse(errorCode.UNKNOWN_SERVER_ERROR);
    if (timestamp < 0 && apiVersion < (SINCE.get(timestamp) ?? Infinity)) return refuse(errorCode.UNSUPPORTED_VERSION);
    const located = locateByName(log, topic, partitionIndex);
    if (located.error !== undefined) return refuse(located.error);
    const epochError = checkLeaderEpoch(located.log, currentLeaderEpoch);
    if (epochError !== errorCode.NONE) return refuse(epochError);
    try {
      const found = await find(located.log, timestamp, isolation);
      const leaderEpoch = apiVersion < LEADER_EPOCH_SINCE ? NONE.leaderEpoch : found.leaderEpoch;
      return {
        partitionIndex,
        errorCode: errorCode.NONE,
        timestamp: found.timestamp,
        offset: found.offset,
        leaderEpoch,
      };
    } catch (error) {
      return refuse(responseErrorOf(error, located.log, logger).code);
    }
  };
  return handler(listOffsetsApi, async (request, context) => {
    const isolation = ISOLATION[request.isolationLevel];
    const twice = repeated(request.topics);
    return {
      topics: await Promise.all(
        once(request.topics).map(async ({ name, partitions }) => ({
          name,
          partitions: await Promise.all(
            partitions.map((partition) => answer(name, partition, context, isolation, twice)),
          ),
        })),
      ),
    };
  });
}
