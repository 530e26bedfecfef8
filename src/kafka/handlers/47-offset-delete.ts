// OffsetDelete v0 (KIP-496): deletes committed offsets of topics that the group does not subscribe. Needs DELETE on the group and
// READ on each topic.
import { errorCode } from '../../../protocol/errors.ts';
import { offsetDeleteApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';

export function offsetDeleteHandler(coordinator: GroupCoordinator, topics: GroupTopics): Handler {
  return handler(offsetDeleteApi, async ({ groupId, topics: asked }, { may }) => {
    if (!may('delete', 'group', groupId)) return { errorCode: errorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
    const faultOf = (name: string, partition: number): number => {
      if (!may('read', 'topic', name)) return errorCode.TOPIC_AUTHORIZATION_FAILED;
      const exists = partition >= 0 && partition < (topics.byName(name)?.partitions ?? 0);
      return exists ? errorCode.NONE : errorCode.UNKNOWN_TOPIC_OR_PARTITION;
    };
    // Once: what may be done can change while the coordinator works.
    const faults = asked.map(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => faultOf(name, partitionIndex)),
    );
    const wanted = asked.map(({ name, partitions }, index) => ({
      topic: name,
      partitions: partitions
        .map(({ partitionIndex }) => partitionIndex)
        .filter((_, at) => faults[index]![at] === errorCode.NONE),
    }));
    const reply = await coordinator.deleteOffsets({ groupId, topics: wanted });
    if (reply.error !== 'NONE') return { errorCode: errorCode[reply.error], topics: [] };
    const answers = asked.map(({ name, partitions }, index) => {
      const errors = (reply.errors[index] ?? []).values();
      const answered = partitions.map(({ partitionIndex }, at) => {
        const fault = faults[index]![at]!;
        const code = fault === errorCode.NONE ? errorCode[errors.next().value ?? 'NONE'] : fault;
        return { partitionIndex, errorCode: code };
      });
      return { name, partitions: answered };
    });
    return { errorCode: errorCode.NONE, topics: answers };
  });
}
