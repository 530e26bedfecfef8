import type { RightsCase } from './case.ts';
import { clientCases } from './client-cases.ts';
import { clusterCases } from './cluster-cases.ts';
import { groupCases } from './group-cases.ts';
import { newGroupCases } from './new-group-cases.ts';
import { recordCases } from './record-cases.ts';
import { topicCases } from './topic-cases.ts';
import { transactionCases } from './transaction-cases.ts';

/** Every case, in the order of the golden file. */
export function rightsCases(): RightsCase[] {
  return [
    ...recordCases(),
    ...transactionCases(),
    ...groupCases(),
    ...newGroupCases(),
    ...topicCases(),
    ...clusterCases(),
    ...clientCases(),
  ];
}
