// OffsetDelete v0 (KIP-496): deletes committed offsets of topics that the group does not subscribe.
import { errorCode } from '../../../protocol/errors.ts';
import { offsetDeleteApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';

export function offsetDeleteHandler(coordinator: GroupCoordinator, topics: GroupTopics): Handler {
  return handler(offsetDeleteApi, async ({ groupId, topics: asked }) => {
    const exists = (name: string, partition: number): boolean =>
      partition >= 0 && partition < (topics.byName(name)?.partitions ?? 0);
    const wanted = asked.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map((one) => one.partitionIndex).filter((partition) => exists(name, partition)),
    }));
    const reply = await coordinator.deleteOffsets({ groupId, topics: wanted });
    if (reply.error !== 'NONE') return { errorCode: errorCode[reply.error], topics: [] };
    const answers = asked.map(({ name, partitions }, index) => {
      const errors = (reply.errors[index] ?? []).values();
      const one = (partitionIndex: number): { partitionIndex: number; errorCode: number } => {
        const error = exists(name, partitionIndex) ? (errors.next().value ?? 'NONE') : 'UNKNOWN_TOPIC_OR_PARTITION';
        return { partitionIndex, errorCode: errorCode[error] };
      };
      return { name, partitions: partitions.map(({ partitionIndex }) => one(partitionIndex)) };
    });
    return { errorCode: errorCode.NONE, topics: answers };
  });
}
