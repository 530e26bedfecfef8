// UpdateFeatures v0-2 (KIP-584): moves levels of features, all of the request or none. Up to v1 a success is told for each feature; an error
// is told once, as in Apache Kafka. Needs ALTER on the cluster.
// Deviation: a level that nobody set is that of the software, also after the software was replaced.
import { errorCode } from '../../../protocol/errors.ts';
import { updateFeaturesApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { FeatureLevels, FeatureUpdate, UpgradeType } from '../features.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAlterCluster } from './cluster-rights.ts';

type Wanted = RequestOf<typeof updateFeaturesApi>['featureUpdates'][number];

const TYPES: Readonly<Record<number, UpgradeType>> = { 1: 'upgrade', 2: 'safe-downgrade', 3: 'unsafe-downgrade' };
const LAST_WITH_RESULTS = 1;

export function updateFeaturesHandler(levels: FeatureLevels): Handler {
  return handler(updateFeaturesApi, async ({ featureUpdates, validateOnly }, context) => {
    const { apiVersion } = context;
    if (!mayAlterCluster(context)) {
      return { errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, errorMessage: null, results: [] };
    }
    const wrong = await levels.update(
      featureUpdates.map((wanted) => updateOf(wanted, apiVersion)),
      validateOnly,
    );
    if (wrong !== undefined) {
      return {
        errorCode: errorCode.INVALID_UPDATE_VERSION,
        errorMessage: `Nothing was changed. ${wrong}`,
        results: [],
      };
    }
    const told = apiVersion <= LAST_WITH_RESULTS ? featureUpdates : [];
    return {
      errorCode: errorCode.NONE,
      errorMessage: null,
      results: told.map(({ feature }) => ({ feature, errorCode: errorCode.NONE, errorMessage: null })),
    };
  });
}

function updateOf({ feature, maxVersionLevel, allowDowngrade, upgradeType }: Wanted, version: number): FeatureUpdate {
  const byFlag = allowDowngrade ? 'safe-downgrade' : 'upgrade';
  return { feature, level: maxVersionLevel, type: version === 0 ? byFlag : (TYPES[upgradeType] ?? 'unknown') };
}
