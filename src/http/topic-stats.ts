import type { Log } from '../log/types.ts';
import type { CatalogTopic } from '../search/topics.ts';

export interface PartitionStats {
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly lastStableOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  /** Offsets in the visible range: markers and gaps count too, for nobody has looked. */
  readonly records: number;
  readonly bytes: number;
}

export interface TopicStats {
  readonly partitions: readonly PartitionStats[];
  readonly records: number;
  readonly bytes: number;
}

/** Offsets and sizes of a topic's partitions, as the log has them now. */
export function topicStats(topic: CatalogTopic, log: Pick<Log, 'partition'>): TopicStats {
  const partitions: PartitionStats[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    const found = log.partition(topic.name, partition);
    if (found === undefined) continue;
    const { leaderEpoch, logStartOffset, lastStableOffset, highWatermark, logEndOffset, sizeBytes } = found;
    const records = Math.max(0, lastStableOffset - logStartOffset);
    partitions.push({
      partition,
      leaderEpoch,
      logStartOffset,
      lastStableOffset,
      highWatermark,
      logEndOffset,
      records,
      bytes: sizeBytes,
    });
  }
  const sum = (of: (stats: PartitionStats) => number): number =>
    partitions.reduce((total, stats) => total + of(stats), 0);
  return { partitions, records: sum(({ records }) => records), bytes: sum(({ bytes }) => bytes) };
}
