import type { WireArea } from '../area.ts';
import { brokerConfigs } from './broker-configs.ts';
import { clusterAdmin } from './cluster.ts';
import { configs } from './configs.ts';
import { framing } from './framing.ts';
import { classicGroups } from './groups.ts';
import { consumerGroups } from './consumer-groups.ts';
import { describing } from './metadata.ts';
import { producing } from './produce.ts';
import { reading } from './reading.ts';
import { security } from './security.ts';
import { shareGroups } from './share-groups.ts';
import { streamsGroups } from './streams-groups.ts';
import { topicAdmin } from './topics.ts';
import { transactions } from './transactions.ts';

/** Every area, in the order in which the cases run. */
export const areas: readonly WireArea[] = [
  framing,
  producing,
  reading,
  describing,
  topicAdmin,
  clusterAdmin,
  classicGroups,
  configs,
  brokerConfigs,
  transactions,
  consumerGroups,
  shareGroups,
  streamsGroups,
  security,
];
