import { EMPTY_BYTES, metadataFor } from './group.ts';
import type { Group, GroupState } from './types.ts';

export interface DescribedGroup {
  readonly groupId: string;
  readonly state: GroupState;
  readonly protocolType: string;
  /** The selected protocol of a stable group, else empty. */
  readonly protocolData: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly clientId: string;
    readonly clientHost: string;
    readonly metadata: Uint8Array;
    readonly assignment: Uint8Array;
  }[];
}

/** What DescribeGroups says of a group. Protocol and subscriptions are told of a stable group only. */
export function describeGroup(group: Group): DescribedGroup {
  const stable = group.state === 'Stable';
  return {
    groupId: group.groupId,
    state: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: stable ? metadataFor(member, group.protocolName) : EMPTY_BYTES,
      assignment: member.assignment,
    })),
  };
}
