import type { CounterHandle, HistogramHandle, Metrics } from '../base/metrics.ts';
import type { GroupLanes } from './lanes.ts';
import { machineOf } from './machines.ts';
import type { GroupKind } from './types.ts';

export interface CoordinatorMetrics {
  readonly rebalances: CounterHandle;
  readonly commitSeconds: HistogramHandle;
}

/** States that are shown with 0 when no group has them, so that a graph does not end. */
const STATES: Readonly<Record<GroupKind, readonly string[]>> = {
  classic: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable'],
  consumer: ['Empty', 'Assigning', 'Reconciling', 'Stable'],
  share: ['Empty', 'Stable'],
  streams: ['Empty', 'NotReady', 'Assigning', 'Reconciling', 'Stable'],
};

function countGroups(lanes: GroupLanes): [{ kind: string; state: string }, number][] {
  const counts = new Map<string, number>();
  for (const { group } of lanes.all()) {
    if (group === undefined) continue;
    const key = `${group.kind}/${machineOf(group).list(group).state}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.entries(STATES).flatMap(([kind, states]) =>
    states.map((state): [{ kind: string; state: string }, number] => [
      { kind, state },
      counts.get(`${kind}/${state}`) ?? 0,
    ]),
  );
}

/** Registers the coordinator's metrics. */
export function coordinatorMetrics(metrics: Metrics, lanes: GroupLanes): CoordinatorMetrics {
  const help = 'Groups by kind and state.';
  metrics.gaugesFrom('quarry_groups', help, ['kind', 'state'], () => countGroups(lanes));
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
