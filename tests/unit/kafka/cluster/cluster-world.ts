import { systemClock } from '../../../../src/base/clock.ts';
import { FeatureLevels } from '../../../../src/kafka/features.ts';
import { clusterHandlers } from '../../../../src/kafka/handlers/cluster.ts';
import type { Authorizer } from '../../../../src/security/authorizer.ts';
import { NODE_ID, openWorld } from '../../log/catalog-world.ts';
import { logOf } from '../topics/topic-world.ts';
import { callerOf } from '../call.ts';

/** The cluster-wide handlers over a catalog in memory. */
export async function openClusterWorld(authorizer: Authorizer) {
  const world = await openWorld();
  const features = await FeatureLevels.open(world.sql);
  const handlers = clusterHandlers({
    catalog: world.catalog,
    log: logOf(world),
    nodeId: NODE_ID,
    logDirectory: '/data',
    features,
    clock: systemClock,
  });
  return { ...world, features, call: callerOf(handlers, authorizer) };
}
