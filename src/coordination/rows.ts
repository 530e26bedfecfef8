import { groupOffsetRows, groupRows, removeGroup, removeOffset, saveGroup, saveOffset } from '../metadata/groups.ts';
import type { SqlEngine, SqlStatement } from '../metadata/types.ts';
import { decodeGroup, encodeGroup } from './record.ts';
import type { GroupRecord } from './types.ts';

/** The statements that make a record durable. */
export function statementsFor(record: GroupRecord): SqlStatement[] {
  switch (record.kind) {
    case 'group': {
      const { groupId, stateTimestamp } = record.group;
      return [saveGroup({ groupId, state: encodeGroup(record.group), updated: stateTimestamp })];
    }
    case 'group-removed':
      return removeGroup(record.groupId);
    case 'offset': {
      const { groupId, topic, partition, value } = record;
      return [saveOffset({ groupId, topic, partition, ...value })];
    }
    case 'offset-removed':
      return [removeOffset(record.groupId, record.topic, record.partition)];
  }
}

/** All rows as records, to be replayed. Rejects when a group is stored in a version that this program does not know. */
export async function readRecords(sql: SqlEngine): Promise<GroupRecord[]> {
  const groups = (await groupRows(sql)).map(
    ({ groupId, state }): GroupRecord => ({ kind: 'group', group: decodeGroup(groupId, state) }),
  );
  const offsets = (await groupOffsetRows(sql)).map(
    ({ groupId, topic, partition, ...value }): GroupRecord => ({ kind: 'offset', groupId, topic, partition, value }),
  );
  return [...groups, ...offsets];
}
