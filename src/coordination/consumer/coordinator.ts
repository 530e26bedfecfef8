import type { GroupRuntime } from '../runtime.ts';
import { type DescribedConsumerGroup, describeConsumerGroup } from './describe.ts';
import { consumerHeartbeat, failedHeartbeat } from './heartbeat.ts';
import type { ConsumerGroup, ConsumerGroupSettings, ConsumerHeartbeat, ConsumerHeartbeatReply } from './types.ts';

/** Consumer groups of KIP-848, as handlers ask for them. */
export class ConsumerGroups {
  readonly #runtime: GroupRuntime;
  readonly #settings: ConsumerGroupSettings;

  constructor(runtime: GroupRuntime, settings: ConsumerGroupSettings) {
    this.#runtime = runtime;
    this.#settings = settings;
  }

  /** The reply holds the error, if there is one. */
  heartbeat(request: ConsumerHeartbeat): Promise<ConsumerHeartbeatReply> {
    return this.#runtime.ask<ConsumerHeartbeatReply>(
      request.groupId,
      (group, waiter, env) => consumerHeartbeat(group, request, waiter, env),
      failedHeartbeat,
      this.#runtime.uuid(),
    );
  }

  /** Undefined when there is no consumer group of that id. */
  describe(groupId: string): DescribedConsumerGroup | undefined {
    const group = this.#runtime.lanes.group(groupId);
    return group?.kind === 'consumer'
      ? describeConsumerGroup(group as ConsumerGroup, this.#settings.assignors)
      : undefined;
  }
}
