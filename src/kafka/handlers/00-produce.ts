/**
 * Produce v3–13; v0–2 are advertised and close the connection, as in Apache Kafka 4 (KAFKA-18659). One batch of magic 2 for each partition. The answer
 * to acks=1 and acks=all leaves after fdatasync; acks=0 has none, and an error there closes the connection. Every effect is done when the
 * handler returns: sequence checks and offsets follow the order of requests. Transactional records are refused: there are no transactions yet.
 * Needs WRITE on each topic.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { produceApi } from '../../../protocol/messages/index.ts';
import { readBatchHeader, RecordsError } from '../../../protocol/records/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { Appended, Log } from '../../log/types.ts';
import { responseErrorOf } from '../errors.ts';
import { CloseConnection, type Handler, handler, noResponse } from '../handler.ts';
import { type Located, locate, type TopicRight } from '../partitions.ts';

type Request = RequestOf<typeof produceApi>;
type Topic = Request['topicData'][number];
type Partition = Topic['partitionData'][number];
type PartitionResponse = ResponseOf<typeof produceApi>['responses'][number]['partitionResponses'][number];

/** A partition of the request: done, or waiting for the disk. */
interface Outcome {
  response: PartitionResponse;
  readonly durable?: Promise<void>;
}

const FIRST_SERVED = 3;
const TOPIC_IDS_SINCE = 13;
const ZSTD_SINCE = 7;
const ZSTD = 4;

function refusal(index: number, code: number, message: string | null, logStartOffset = -1): Outcome {
  return { response: { index, errorCode: code, baseOffset: -1, logStartOffset, errorMessage: message } };
}

/** What Kafka checks of the records before any partition sees them: exactly one batch of magic 2. Throws RecordsError. */
function checkRecords(records: Uint8Array | null, apiVersion: number): Uint8Array {
  if (records === null || records.length === 0) throw new RecordsError('INVALID_RECORD', 'no record batch');
  const magic = records[16];
  if (magic === 0 || magic === 1) {
    throw new RecordsError('INVALID_RECORD', `message format ${magic} may not be produced, only 2 may`);
  }
  const header = readBatchHeader(records, 0);
  if (header.sizeInBytes > records.length) throw new RecordsError('INVALID_RECORD', 'the record batch is cut off');
  if (header.sizeInBytes < records.length) throw new RecordsError('INVALID_RECORD', 'more than one record batch');
  if (header.compression === ZSTD && apiVersion < ZSTD_SINCE) {
    throw new RecordsError('UNSUPPORTED_COMPRESSION_TYPE', `zstd may not be produced by version ${apiVersion}`);
  }
  return records;
}

const TRANSACTIONAL = 0x10;

/** Without a look at anything else, as nothing has been checked yet. */
function isTransactional(records: Uint8Array | null): boolean {
  return records !== null && records.length > 22 && records[16] === 2 && (records[22]! & TRANSACTIONAL) !== 0;
}

function refusesAll(request: Request): number {
  if (request.acks !== -1 && request.acks !== 0 && request.acks !== 1) return errorCode.INVALID_REQUIRED_ACKS;
  const transactional = request.topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => isTransactional(records)),
  );
  return transactional ? errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : errorCode.NONE;
}

function success(index: number, appended: Appended): Outcome {
  return {
    response: {
      index,
      errorCode: errorCode.NONE,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.logAppendTime,
      logStartOffset: appended.logStartOffset,
    },
    durable: appended.durable,
  };
}

function append(located: Located, { index, records }: Partition, apiVersion: number, logger: Logger): Outcome {
  if (located.error !== undefined) return refusal(index, located.error, null);
  try {
    return success(index, located.log.append(checkRecords(records, apiVersion)));
  } catch (error) {
    const { code, message, faults } = responseErrorOf(error, logger);
    const { response } = refusal(index, code, message, located.log.logStartOffset);
    const recordErrors = faults.map((fault) => ({ batchIndex: fault.index, batchIndexErrorMessage: fault.message }));
    return { response: { ...response, recordErrors } };
  }
}

/** Waits for the disk. What could not be made durable must not be acknowledged. */
async function settle(outcome: Outcome, logger: Logger): Promise<void> {
  try {
    await outcome.durable;
  } catch (error) {
    const { code, message } = responseErrorOf(error, logger);
    outcome.response = refusal(outcome.response.index, code, message).response;
  }
}

export function produceHandler(log: Log, logger: Logger): Handler {
  const appendTopic = (topic: Topic, apiVersion: number, refused: number, may: TopicRight) => ({
    topic,
    outcomes: topic.partitionData.map((partition) => {
      if (refused !== errorCode.NONE) return refusal(partition.index, refused, null);
      const wanted = { topic: topic.name, topicId: topic.topicId, partition: partition.index };
      const located = locate(log, wanted, apiVersion >= TOPIC_IDS_SINCE, may);
      return append(located, partition, apiVersion, logger);
    }),
  });
  return handler(
    produceApi,
    async (request, { apiVersion, may }) => {
      if (apiVersion < FIRST_SERVED) throw new CloseConnection(`Produce v${apiVersion} is no longer served`);
      const refused = refusesAll(request);
      const mayWrite = (topic: string): boolean => may('write', 'topic', topic);
      const topics = request.topicData.map((topic) => appendTopic(topic, apiVersion, refused, mayWrite));
      const outcomes = topics.flatMap((topic) => topic.outcomes);
      await Promise.all(outcomes.map((outcome) => settle(outcome, logger)));
      if (request.acks === 0) {
        const failed = outcomes.find(({ response }) => response.errorCode !== errorCode.NONE);
        if (failed === undefined) return noResponse;
        throw new CloseConnection(`Produce with acks=0 failed with error ${failed.response.errorCode}`);
      }
      return {
        responses: topics.map(({ topic: { name, topicId }, outcomes: partitions }) => ({
          name,
          topicId,
          partitionResponses: partitions.map(({ response }) => response),
        })),
      };
    },
    { pipelined: true, backpressure: () => log.backpressure },
  );
}
