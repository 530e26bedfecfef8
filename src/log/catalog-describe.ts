import type { BrokerConfigs, ConfigSynonym, DescribedConfig } from './catalog-brokers.ts';
import { type TopicConfig, topicConfigs } from './topic-configs.ts';

function synonymsOf(config: TopicConfig, override: string | undefined, brokers: BrokerConfigs): ConfigSynonym[] {
  const inherited = config.broker === undefined ? [] : brokers.chain(config.broker);
  if (override === undefined) return inherited;
  return [{ name: config.name, value: override, source: 'topic' }, ...inherited];
}

/** Every config of a topic with `overrides`, by name. */
export function describeTopicConfigs(
  overrides: ReadonlyMap<string, string>,
  brokers: BrokerConfigs,
): DescribedConfig[] {
  return topicConfigs.map((config): DescribedConfig => {
    const synonyms = synonymsOf(config, overrides.get(config.name), brokers);
    const strongest = synonyms[0];
    return {
      name: config.name,
      value: strongest?.value ?? config.default,
      source: strongest?.source ?? 'default',
      type: config.kind.type,
      readOnly: false,
      sensitive: false,
      synonyms,
      doc: config.doc,
    };
  });
}
