/** Topologies that scripts name, as StreamsGroupHeartbeat has them. */
const subtopology = (subtopologyId: string, fields: object): object => ({
  subtopologyId,
  sourceTopics: [],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
  ...fields,
});

const topic = (name: string, partitions = 0): object => ({ name, partitions, replicationFactor: 0, topicConfigs: [] });

const copartitioned = (sourceTopics: number[], repartitionSourceTopics: number[]): object => ({
  sourceTopics,
  sourceTopicRegex: [],
  repartitionSourceTopics,
});

/** By name: an epoch and subtopologies. */
export const topologies: Readonly<Record<string, object>> = {
  simple: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['t'] })] },
  other: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['u'] })] },
  newer: { epoch: 1, subtopologies: [subtopology('0', { sourceTopics: ['t'] })] },
  stateful: {
    epoch: 0,
    subtopologies: [subtopology('0', { sourceTopics: ['t'], stateChangelogTopics: [topic('st-log')] })],
  },
  count: {
    epoch: 0,
    subtopologies: [
      subtopology('0', { sourceTopics: ['t'], repartitionSinkTopics: ['st-rep'] }),
      subtopology('1', { repartitionSourceTopics: [topic('st-rep')], stateChangelogTopics: [topic('st-log')] }),
    ],
  },
  missing: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['st-missing'] })] },
  unequal: {
    epoch: 0,
    subtopologies: [
      subtopology('0', { sourceTopics: ['t', 'st-three'], copartitionGroups: [copartitioned([0, 1], [])] }),
    ],
  },
  counted: {
    epoch: 0,
    subtopologies: [subtopology('0', { sourceTopics: ['t'], stateChangelogTopics: [topic('st-log', 2)] })],
  },
  circle: {
    epoch: 0,
    subtopologies: [
      subtopology('0', { repartitionSourceTopics: [topic('st-rep')], repartitionSinkTopics: ['st-rep'] }),
    ],
  },
  internal: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['__consumer_offsets'] })] },
};
