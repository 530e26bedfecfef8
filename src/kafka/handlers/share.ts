import type { ShareCoordinator } from '../../coordination/share/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import type { FeatureLevels } from '../features.ts';
import type { Handler } from '../handler.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { Acknowledger } from '../share-acknowledgements.ts';
import { type ShareFetchDependencies, ShareFetcher } from '../share-fetch.ts';
import { shareGroupHeartbeatHandler } from './76-share-group-heartbeat.ts';
import { shareGroupDescribeHandler } from './77-share-group-describe.ts';
import { shareFetchHandler } from './78-share-fetch.ts';
import { shareAcknowledgeHandler } from './79-share-acknowledge.ts';
import { describeShareGroupOffsetsHandler } from './90-describe-share-group-offsets.ts';
import { alterShareGroupOffsetsHandler } from './91-alter-share-group-offsets.ts';
import { deleteShareGroupOffsetsHandler } from './92-delete-share-group-offsets.ts';

export interface ShareHandlerDependencies extends ShareFetchDependencies {
  readonly share: ShareCoordinator;
  readonly topics: GroupTopics;
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
  readonly quotas: ClientQuotas;
  readonly features: Pick<FeatureLevels, 'level'>;
}

/** The handlers of share groups (KIP-932). */
export function shareHandlers({
  topics,
  fetchMaxBytes,
  quotas,
  features,
  ...deps
}: ShareHandlerDependencies): Handler[] {
  const { share, log, logger } = deps;
  const { groups } = share;
  const isOn = (): boolean => features.level('share.version') > 0;
  const acknowledger = new Acknowledger(share, log, logger);
  const fetcher = new ShareFetcher(deps);
  return [
    shareGroupHeartbeatHandler(groups, isOn),
    shareGroupDescribeHandler(groups, topics, isOn),
    shareFetchHandler({ share, fetcher, acknowledger, log, maxBytes: fetchMaxBytes, quotas, isOn }),
    shareAcknowledgeHandler(share, acknowledger, isOn),
    describeShareGroupOffsetsHandler(groups, topics, isOn),
    alterShareGroupOffsetsHandler(groups, topics, isOn),
    deleteShareGroupOffsetsHandler(groups, topics, isOn),
  ];
}
