import { type Partitions, partitionsOf, union } from '../partitions.ts';
import { stateOf, targetOf } from './group.ts';
import { assignorOf } from './target.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

export interface DescribedConsumerGroup {
  readonly groupId: string;
  readonly state: string;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  readonly assignor: string;
  readonly members: readonly DescribedConsumerMember[];
}

export type DescribedConsumerMember = Pick<
  ConsumerMember,
  'memberId' | 'instanceId' | 'rackId' | 'epoch' | 'clientId' | 'clientHost' | 'topics' | 'regex'
> & {
  readonly assignment: Partitions;
  readonly target: Partitions;
  readonly isClassic: boolean;
};

/** What ConsumerGroupDescribe says of a group. */
export function describeConsumerGroup(group: ConsumerGroup, assignors: readonly string[]): DescribedConsumerGroup {
  return {
    groupId: group.groupId,
    state: stateOf(group),
    epoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignor: assignorOf(group, assignors),
    members: [...group.members.values()].map(({ assigned, revoking, classic, ...member }) => ({
      ...member,
      // What a member has to give up is still its own.
      assignment: partitionsOf(union(assigned, revoking)),
      target: targetOf(group, member.memberId),
      isClassic: classic !== undefined,
    })),
  };
}
