import type { CounterHandle, HistogramHandle, Metrics } from '../base/metrics.ts';
import type { GroupLanes } from './lanes.ts';
import type { GroupState } from './types.ts';

export interface CoordinatorMetrics {
  readonly rebalances: CounterHandle;
  readonly commitSeconds: HistogramHandle;
}

const STATES: readonly GroupState[] = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable'];

/** Registers the coordinator's metrics. */
export function coordinatorMetrics(metrics: Metrics, lanes: GroupLanes): CoordinatorMetrics {
  metrics.gaugesFrom('quarry_groups', 'Consumer groups by state.', ['state'], () => {
    const counts = new Map<GroupState, number>(STATES.map((state) => [state, 0]));
    for (const { group } of lanes.all())
      if (group !== undefined) counts.set(group.state, (counts.get(group.state) ?? 0) + 1);
    return [...counts].map(([state, count]) => [{ state }, count] as const);
  });
  return {
    rebalances: metrics.counter('quarry_group_rebalances_total', 'Rebalances that ended with an assignment.'),
    commitSeconds: metrics.histogram(
      'quarry_offset_commit_seconds',
      'Time from a valid OffsetCommit to its being durable.',
    ),
  };
}

/** Lag of one partition of one group, in records. */
export interface PartitionLag {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
}

/** Registers the lag of every group and partition, asked for when the metrics are read. */
export function exposeLag(metrics: Metrics, read: () => Iterable<PartitionLag>): void {
  const help = 'Records between the committed offset of a group and the high watermark.';
  metrics.gaugesFrom('quarry_consumer_lag', help, ['group', 'topic', 'partition'], () =>
    [...read()].map(
      ({ groupId, topic, partition, lag }) => [{ group: groupId, topic, partition: String(partition) }, lag] as const,
    ),
  );
}
