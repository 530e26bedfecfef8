import type { streamsGroupDescribeApi, streamsGroupHeartbeatApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Subtopology, TopicInfo, Topology } from '../../coordination/streams/types.ts';

type WireTopology = NonNullable<RequestOf<typeof streamsGroupHeartbeatApi>['topology']>;
type WireSubtopology = WireTopology['subtopologies'][number];
type WireTopicInfo = WireSubtopology['repartitionSourceTopics'][number];
type ShownTopology = NonNullable<ResponseOf<typeof streamsGroupDescribeApi>['groups'][number]['topology']>;

const byName = <T extends { readonly name: string }>(a: T, b: T): number => (a.name < b.name ? -1 : 1);

/** The topology of a request, with every list in order, so that equal ones look the same. */
export function topologyOf({ epoch, subtopologies }: WireTopology): Topology {
  return { epoch, subtopologies: subtopologies.map(subtopologyOf).sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function subtopologyOf(wire: WireSubtopology): Subtopology {
  const named = (indexes: readonly number[], names: readonly string[]): string[] =>
    indexes.flatMap((index) => names[index] ?? []);
  const repartitionNames = wire.repartitionSourceTopics.map(({ name }) => name);
  return {
    id: wire.subtopologyId,
    sourceTopics: [...wire.sourceTopics].sort(),
    repartitionSinks: [...wire.repartitionSinkTopics].sort(),
    repartitionSources: wire.repartitionSourceTopics.map(infoOf).sort(byName),
    changelogs: wire.stateChangelogTopics.map(infoOf).sort(byName),
    copartitioned: wire.copartitionGroups.map((group) =>
      [
        ...named(group.sourceTopics, wire.sourceTopics),
        ...named(group.repartitionSourceTopics, repartitionNames),
      ].sort(),
    ),
  };
}

const infoOf = ({ name, partitions, replicationFactor, topicConfigs }: WireTopicInfo): TopicInfo => ({
  name,
  partitions,
  replicationFactor,
  configs: topicConfigs.map(({ key, value }) => ({ name: key, value })).sort(byName),
});

/** Every topic that a topology names. */
export function topologyNames({ subtopologies }: WireTopology): string[] {
  const names = subtopologies.flatMap((one) => [
    ...one.sourceTopics,
    ...one.repartitionSinkTopics,
    ...one.repartitionSourceTopics.map(({ name }) => name),
    ...one.stateChangelogTopics.map(({ name }) => name),
  ]);
  return [...new Set(names)];
}

/** A topology as StreamsGroupDescribe shows it. */
export function shownTopology({ epoch, subtopologies }: Topology): ShownTopology {
  return {
    epoch,
    subtopologies: subtopologies.map((one) => ({
      subtopologyId: one.id,
      sourceTopics: [...one.sourceTopics],
      repartitionSinkTopics: [...one.repartitionSinks],
      stateChangelogTopics: one.changelogs.map(shownInfo),
      repartitionSourceTopics: one.repartitionSources.map(shownInfo),
    })),
  };
}

const shownInfo = ({ name, partitions, replicationFactor, configs }: TopicInfo) => ({
  name,
  partitions,
  replicationFactor,
  topicConfigs: configs.map((config) => ({ key: config.name, value: config.value })),
});
