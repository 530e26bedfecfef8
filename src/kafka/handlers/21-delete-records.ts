/** DeleteRecords v0–2 (KIP-107): raises the log start; -1 means the high watermark. Durable when answered. Needs DELETE on each topic.
 * A topic that is compacted and not deleted from refuses it with POLICY_VIOLATION. */
import { errorCode } from '../../../protocol/errors.ts';
import { deleteRecordsApi } from '../../../protocol/messages/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { Log } from '../../log/types.ts';
import { responseErrorOf } from '../errors.ts';
import { type Handler, handler } from '../handler.ts';
import { locateByName } from '../partitions.ts';

export function deleteRecordsHandler(log: Log, logger: Logger): Handler {
  const deleteBefore = async (topic: string, partitionIndex: number, offset: number, allowed: boolean) => {
    const refuse = (code: number) => ({ partitionIndex, lowWatermark: -1, errorCode: code });
    if (!allowed) return refuse(errorCode.TOPIC_AUTHORIZATION_FAILED);
    const found = locateByName(log, topic, partitionIndex);
    if (found.error !== undefined) return refuse(found.error);
    try {
      return {
        partitionIndex,
        lowWatermark: await found.log.deleteRecordsBefore(offset),
        errorCode: errorCode.NONE,
      };
    } catch (error) {
      return refuse(responseErrorOf(error, found.log, logger).code);
    }
  };
  return handler(deleteRecordsApi, async (request, { may }) => ({
    topics: await Promise.all(
      request.topics.map(async ({ name, partitions }) => {
        const allowed = may('delete', 'topic', name);
        const results = partitions.map((one) => deleteBefore(name, one.partitionIndex, one.offset, allowed));
        return { name, partitions: await Promise.all(results) };
      }),
    ),
  }));
}
