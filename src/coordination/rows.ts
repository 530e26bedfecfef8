import {
  groupMemberRows,
  groupOffsetRows,
  groupRows,
  removeGroup,
  removeGroupMember,
  removeGroupMembers,
  removeOffset,
  saveGroup,
  saveGroupMember,
  saveOffset,
} from '../metadata/groups.ts';
import { saveTransactionOffset, transactionOffsetRows } from '../metadata/transactions.ts';
import type { SqlEngine, SqlStatement } from '../metadata/types.ts';
import { machineOfKind } from './machines.ts';
import type { GroupRecord } from './types.ts';

/** The statements that make a record durable. */
export function statementsFor(record: GroupRecord): SqlStatement[] {
  switch (record.kind) {
    case 'group': {
      const { group, state, updated } = record;
      return [saveGroup({ groupId: group.groupId, kind: group.kind, state, updated })];
    }
    case 'group-removed':
      return removeGroup(record.groupId);
    case 'member': {
      const { groupId, memberId, state } = record;
      return [saveGroupMember({ groupId, memberId, state })];
    }
    case 'members-removed':
      return [removeGroupMembers(record.groupId)];
    case 'member-removed':
      return [removeGroupMember(record.groupId, record.memberId)];
    case 'offset': {
      const { groupId, topic, partition, value } = record;
      return [saveOffset({ groupId, topic, partition, ...value })];
    }
    case 'held-offset': {
      const { groupId, producerId, producerEpoch, topic, partition, value } = record;
      return [saveTransactionOffset({ groupId, producerId, producerEpoch, topic, partition, ...value })];
    }
    case 'offset-removed':
      return [removeOffset(record.groupId, record.topic, record.partition)];
  }
}

/** All rows as records, to be replayed. Rejects when a group is of a kind or in a version that this program does not know. */
export async function readRecords(sql: SqlEngine): Promise<GroupRecord[]> {
  const members = new Map<string, Map<string, string>>();
  for (const { groupId, memberId, state } of await groupMemberRows(sql)) {
    const known = members.get(groupId);
    if (known === undefined) members.set(groupId, new Map([[memberId, state]]));
    else known.set(memberId, state);
  }
  const groups = (await groupRows(sql)).map(({ groupId, kind, state, updated }): GroupRecord => {
    const stored = { groupId, state, members: members.get(groupId) ?? new Map<string, string>() };
    return { kind: 'group', group: machineOfKind(kind, groupId).decode(stored), state, updated };
  });
  const offsets = (await groupOffsetRows(sql)).map(
    ({ groupId, topic, partition, ...value }): GroupRecord => ({ kind: 'offset', groupId, topic, partition, value }),
  );
  const held = (await transactionOffsetRows(sql)).map((row): GroupRecord => {
    const { groupId, producerId, producerEpoch, topic, partition, ...value } = row;
    const offset = { ...value, expireTimestamp: undefined };
    return { kind: 'held-offset', groupId, producerId, producerEpoch, topic, partition, value: offset };
  });
  return [...groups, ...offsets, ...held];
}
