import type { ConfigSource } from '../../log/catalog-brokers.ts';
import type { ConfigType } from '../../log/topic-configs-types.ts';

/** Kinds of resources that have configs (KIP-133 and later). */
export const resourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;

/** KIP-226, KIP-412, KIP-714, KIP-848. */
export const configSourceCode: Readonly<Record<ConfigSource, number>> = {
  topic: 1,
  broker: 2,
  'default-broker': 3,
  static: 4,
  default: 5,
  logger: 6,
  'client-metrics': 7,
  group: 8,
};

/** KIP-569. */
export const configTypeCode: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
  unknown: 0,
};
