import type { GroupRuntime } from '../runtime.ts';
import { stateOf, targetOf } from './group.ts';
import { failedHeartbeat, streamsHeartbeat } from './heartbeat.ts';
import { tasksOf } from './tasks.ts';
import type { StreamsGroup, StreamsHeartbeat, StreamsHeartbeatReply, StreamsMember, Tasks, Topology } from './types.ts';

export interface DescribedStreamsGroup {
  readonly groupId: string;
  readonly state: string;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  readonly topology: Topology | undefined;
  readonly members: readonly (Omit<StreamsMember, 'assigned' | 'revoking'> & {
    readonly assignment: Tasks;
    readonly target: Tasks;
  })[];
}

/** Streams groups of KIP-1071, as handlers ask for them. */
export class StreamsGroups {
  readonly #runtime: GroupRuntime;

  constructor(runtime: GroupRuntime) {
    this.#runtime = runtime;
  }

  /** The reply holds the error, if there is one, and the topics that the application needs and that are not there. */
  heartbeat(request: StreamsHeartbeat): Promise<StreamsHeartbeatReply> {
    return this.#runtime.ask<StreamsHeartbeatReply>(
      request.groupId,
      (group, waiter, env) => streamsHeartbeat(group, request, waiter, env),
      failedHeartbeat,
    );
  }

  /** Undefined when there is no streams group of that id. */
  describe(groupId: string): DescribedStreamsGroup | undefined {
    const found = this.#runtime.lanes.group(groupId);
    if (found?.kind !== 'streams') return undefined;
    const group = found as StreamsGroup;
    const { epoch, assignmentEpoch, topology } = group;
    const members = [...group.members.values()].map(({ assigned, revoking: _, ...member }) => ({
      ...member,
      assignment: tasksOf(assigned),
      target: targetOf(group, member.memberId),
    }));
    return { groupId, state: stateOf(group), epoch, assignmentEpoch, topology, members };
  }
}
