import { errorCode } from '../../protocol/errors.ts';
import type { Logger } from '../base/logger.ts';
import { checkAcknowledgement } from '../coordination/share/acknowledge.ts';
import type { ShareCoordinator } from '../coordination/share/coordinator.ts';
import type { ShareSession } from '../coordination/share/sessions.ts';
import type { Log } from '../log/types.ts';
import { SqlUnavailable } from '../metadata/errors.ts';
import type { RequestContext } from './handler.ts';
import { locate } from './partitions.ts';

/** Acknowledgements of one partition as ShareFetch and ShareAcknowledge carry them. */
export interface RequestedTopic {
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly acknowledgementBatches: readonly {
      readonly firstOffset: number;
      readonly lastOffset: number;
      readonly acknowledgeTypes: readonly number[];
    }[];
  }[];
}

export interface AcknowledgeResult {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Whether a request acknowledges anything at all. */
export function acknowledges(topics: readonly RequestedTopic[]): boolean {
  return topics.some(({ partitions }) => partitions.some((one) => one.acknowledgementBatches.length > 0));
}

/** Acknowledges for the member of a session, each partition by itself. */
export class Acknowledger {
  readonly #share: ShareCoordinator;
  readonly #log: Log;
  readonly #logger: Logger;

  constructor(share: ShareCoordinator, log: Log, logger: Logger) {
    this.#share = share;
    this.#log = log;
    this.#logger = logger;
  }

  /** All acknowledgements of a request; `mayRenew` where it says that it renews locks. Resolves when they are durable. */
  acknowledge(
    session: ShareSession,
    topics: readonly RequestedTopic[],
    mayRenew: boolean,
    may: RequestContext['may'],
  ): Promise<AcknowledgeResult[]> {
    return Promise.all(
      topics.flatMap(({ topicId, partitions }) =>
        partitions.map(async (one) => {
          const { code, message } = await this.#one(session, topicId, one, mayRenew, may);
          return { topicId, partition: one.partitionIndex, errorCode: code, errorMessage: message };
        }),
      ),
    );
  }

  async #one(
    session: ShareSession,
    topicId: string,
    { partitionIndex, acknowledgementBatches }: RequestedTopic['partitions'][number],
    mayRenew: boolean,
    may: RequestContext['may'],
  ): Promise<{ code: number; message: string | null }> {
    const batches = acknowledgementBatches.map(({ firstOffset, lastOffset, acknowledgeTypes }) => {
      return { first: firstOffset, last: lastOffset, types: acknowledgeTypes };
    });
    const located = locate(this.#log, { topic: '', topicId, partition: partitionIndex }, true, (topic) =>
      may('read', 'topic', topic),
    );
    if (located.error !== undefined) return { code: located.error, message: null };
    const wrong = checkAcknowledgement(batches, mayRenew);
    if (wrong !== undefined) return { code: errorCode.INVALID_REQUEST, message: wrong };
    if (batches.length === 0) return { code: errorCode.NONE, message: null };
    try {
      const reply = await this.#share.acknowledge(session, { topicId, partition: partitionIndex }, batches);
      if (reply === undefined) return { code: errorCode.UNKNOWN_TOPIC_OR_PARTITION, message: null };
      return { code: errorCode[reply.error], message: reply.message };
    } catch (error) {
      // Told by the share partition already. Kafka's clients ask again after COORDINATOR_NOT_AVAILABLE.
      if (error instanceof SqlUnavailable) return { code: errorCode.COORDINATOR_NOT_AVAILABLE, message: null };
      const where = { groupId: session.groupId, topic: located.log.topic, partition: partitionIndex };
      this.#logger.warn({ err: error, ...where }, 'an acknowledgement failed');
      return { code: errorCode.UNKNOWN_SERVER_ERROR, message: null };
    }
  }
}
