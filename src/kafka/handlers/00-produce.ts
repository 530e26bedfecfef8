/**
 * Produce v3–13; v0–2 are advertised and close the connection, as in Apache Kafka 4 (KAFKA-18659). One batch of magic 2 for each partition. The answer
 * to acks=1 and acks=all leaves after fdatasync; acks=0 has none, and an error there closes the connection. Every effect is done when the
 * handler returns: sequence checks and offsets follow the order of requests. Only records of a transaction whose state is being changed wait for that, and
 * keep their order. v12 adds the partition to the transaction by writing to it (KIP-890); before, a partition that was not added is refused.
 * Needs WRITE on each topic, and on the transactional id.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { produceApi } from '../../../protocol/messages/index.ts';
import { HEADER_BYTES, readBatchHeader, RecordsError } from '../../../protocol/records/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { Participant, TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { TransactionError } from '../../coordination/transactions/types.ts';
import type { Appended, Log, PartitionLog } from '../../log/types.ts';
import { responseErrorOf } from '../errors.ts';
import { CloseConnection, type Handler, handler, noResponse, type RequestContext } from '../handler.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { type Located, locate } from '../partitions.ts';
import { type WriteVersions, writeRefusal } from './transaction-codes.ts';

type Request = RequestOf<typeof produceApi>;
type Topic = Request['topicData'][number];
type Partition = Topic['partitionData'][number];
type PartitionResponse = ResponseOf<typeof produceApi>['responses'][number]['partitionResponses'][number];

/** A partition of the request: done, or waiting for the disk. */
interface Outcome {
  readonly response: PartitionResponse;
  readonly durable?: Promise<void>;
}

const FIRST_SERVED = 3;
const TOPIC_IDS_SINCE = 13;
const ZSTD_SINCE = 7;
const ZSTD = 4;
/** Where the length of a batch stands, which counts from its own end. */
const LENGTH_AT = 8;
const LENGTH_END = 12;

function refusal(index: number, code: number, message: string | null, logStartOffset = -1): Outcome {
  return { response: { index, errorCode: code, baseOffset: -1, logStartOffset, errorMessage: message } };
}

/** Whether not even the header of a batch is there: to Kafka that is no batch at all. */
function isCutOff(records: Uint8Array): boolean {
  if (records.length >= HEADER_BYTES) return false;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return records.length < LENGTH_END || view.getInt32(LENGTH_AT) > records.length - LENGTH_END;
}

/** What Kafka checks of the records before any partition sees them: exactly one batch of magic 2. Throws RecordsError. */
function checkRecords(records: Uint8Array | null, apiVersion: number): Uint8Array {
  if (records === null || records.length === 0) throw new RecordsError('INVALID_RECORD', 'no record batch');
  const magic = records[16];
  if (magic === 0 || magic === 1) {
    throw new RecordsError('INVALID_RECORD', `message format ${magic} may not be produced, only 2 may`);
  }
  if (isCutOff(records)) throw new RecordsError('INVALID_RECORD', 'the record batch is cut off');
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

function refusesAll({ acks, topicData, transactionalId }: Request, { may }: RequestContext): number {
  if (acks !== -1 && acks !== 0 && acks !== 1) return errorCode.INVALID_REQUIRED_ACKS;
  const transactional = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => isTransactional(records)),
  );
  if (!transactional) return errorCode.NONE;
  const isAllowed = transactionalId !== null && may('write', 'transactional-id', transactionalId);
  return isAllowed ? errorCode.NONE : errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
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

/** A transaction may be busy with one thing after another; more often than this in a row it is refused instead. */
const MAX_WAITS = 100;

const VERSIONS: WriteVersions = { abortableSince: 11, addsSince: 12 };

/** Appends to the partitions of one request. */
class Appending {
  readonly #transactions: TransactionCoordinator;
  readonly #logger: Logger;
  readonly #apiVersion: number;
  readonly #transactionalId: string | null;

  constructor(
    transactions: TransactionCoordinator,
    logger: Logger,
    apiVersion: number,
    transactionalId: string | null,
  ) {
    this.#transactions = transactions;
    this.#logger = logger;
    this.#apiVersion = apiVersion;
    this.#transactionalId = transactionalId;
  }

  append(located: Located, partition: Partition): Outcome | Promise<Outcome> {
    const { index } = partition;
    if (located.error !== undefined) return refusal(index, located.error, null);
    const { log } = located;
    try {
      const records = checkRecords(partition.records, this.#apiVersion);
      if (this.#transactionalId === null || !isTransactional(records)) return success(index, log.append(records));
      return this.#appendInTransaction(log, index, records, this.#participant(this.#transactionalId, records));
    } catch (error) {
      return this.#failed(log, index, error);
    }
  }

  #participant(transactionalId: string, records: Uint8Array): Participant {
    const { producerId, producerEpoch } = readBatchHeader(records, 0);
    return { transactionalId, producerId, producerEpoch, adds: this.#apiVersion >= VERSIONS.addsSince };
  }

  #appendInTransaction(
    log: PartitionLog,
    index: number,
    records: Uint8Array,
    participant: Participant,
  ): Outcome | Promise<Outcome> {
    const { topic, topicId, partition } = log;
    const ask = (): TransactionError | Promise<void> =>
      this.#transactions.enlist(participant, { topic, topicId, partition });
    const go = (error: TransactionError): Outcome => {
      if (error === 'NONE') return success(index, log.append(records, participant.adds ? 'transaction' : 'client'));
      return refusal(index, writeRefusal(error, this.#apiVersion, VERSIONS, errorCode.NOT_ENOUGH_REPLICAS), null);
    };
    const first = ask();
    return first instanceof Promise ? this.#later(log, index, first, ask, go) : go(first);
  }

  async #later(
    log: PartitionLog,
    index: number,
    settled: Promise<void>,
    ask: () => TransactionError | Promise<void>,
    go: (error: TransactionError) => Outcome,
  ): Promise<Outcome> {
    let verdict: TransactionError | Promise<void> = settled;
    try {
      for (let waits = 0; verdict instanceof Promise && waits < MAX_WAITS; waits++) {
        await verdict;
        verdict = ask();
      }
      return go(verdict instanceof Promise ? 'CONCURRENT_TRANSACTIONS' : verdict);
    } catch (error) {
      return this.#failed(log, index, error);
    }
  }

  #failed(log: PartitionLog, index: number, error: unknown): Outcome {
    const { code, message, faults } = responseErrorOf(error, log, this.#logger);
    const { response } = refusal(index, code, message, log.logStartOffset);
    const recordErrors = faults.map((fault) => ({ batchIndex: fault.index, batchIndexErrorMessage: fault.message }));
    return { response: { ...response, recordErrors } };
  }
}

/** Waits for the disk. What could not be made durable must not be acknowledged. */
async function settle(appended: Outcome | Promise<Outcome>, topic: string, logger: Logger): Promise<PartitionResponse> {
  const outcome = appended instanceof Promise ? await appended : appended;
  try {
    await outcome.durable;
    return outcome.response;
  } catch (error) {
    const { index } = outcome.response;
    const { code, message } = responseErrorOf(error, { topic, partition: index }, logger);
    return refusal(index, code, message).response;
  }
}

export function produceHandler(
  log: Log,
  transactions: TransactionCoordinator,
  quotas: ClientQuotas,
  logger: Logger,
): Handler {
  const appendTopic = (topic: Topic, refused: number, appending: Appending, { apiVersion, may }: RequestContext) => {
    // Asked once: all partitions are of one topic.
    let allowed: boolean | undefined;
    const mayWrite = (name: string): boolean => (allowed ??= may('write', 'topic', name));
    return topic.partitionData.map((partition) => {
      if (refused !== errorCode.NONE) return refusal(partition.index, refused, null);
      const wanted = { topic: topic.name, topicId: topic.topicId, partition: partition.index };
      return appending.append(locate(log, wanted, apiVersion >= TOPIC_IDS_SINCE, mayWrite), partition);
    });
  };
  return handler(
    produceApi,
    async (request, context) => {
      const { apiVersion } = context;
      if (apiVersion < FIRST_SERVED) throw new CloseConnection(`Produce v${apiVersion} is no longer served`);
      // At once, so that a client above its quota has not sent more before it is told.
      const throttleTimeMs = quotas.produced(context, context.requestBytes);
      if (throttleTimeMs > 0) context.throttle(throttleTimeMs);
      const refused = refusesAll(request, context);
      const appending = new Appending(transactions, logger, apiVersion, request.transactionalId);
      const appended = request.topicData.map((topic) => appendTopic(topic, refused, appending, context));
      const outcomes = await Promise.all(
        appended.map((partitions, at) => {
          const { name, topicId } = request.topicData[at]!;
          return Promise.all(partitions.map((one) => settle(one, name || topicId, logger)));
        }),
      );
      if (request.acks === 0) {
        const failed = outcomes.flat().find((response) => response.errorCode !== errorCode.NONE);
        if (failed === undefined) return noResponse;
        throw new CloseConnection(`Produce with acks=0 failed with error ${failed.errorCode}`);
      }
      return {
        throttleTimeMs,
        // Kafka answers partitions: a topic without any does not show.
        responses: request.topicData
          .map(({ name, topicId }, index) => ({ name, topicId, partitionResponses: outcomes[index] ?? [] }))
          .filter(({ partitionResponses }) => partitionResponses.length > 0),
      };
    },
    { pipelined: true, backpressure: () => log.backpressure },
  );
}
