/**
 * ApiVersions v0–4. Advertises exactly the handlers that are registered. A version above 4 is answered by the dispatcher (KIP-511).
 * Features (KIP-584) are those of `features-table.ts`. Before v4 those that can be at level 0 are left out of the supported ones, because
 * older clients cannot read them (KIP-1022).
 */
import { errorCode } from '../../../protocol/errors.ts';
import { apiVersionsApi } from '../../../protocol/messages/index.ts';
import { features } from '../features-table.ts';
import type { FeatureLevels } from '../features.ts';
import { type Handler, handler } from '../handler.ts';

const LEVEL_ZERO_SINCE = 4;

/** First version that tells the client's software (KIP-511). */
const SOFTWARE_SINCE = 3;
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** `served` is asked at each request: the list contains this handler itself. */
export function apiVersionsHandler(served: () => readonly Handler[], levels: FeatureLevels): Handler {
  return handler(apiVersionsApi, (request, { apiVersion, peer }) => {
    const named = SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion);
    if (apiVersion >= SOFTWARE_SINCE && !named) return { errorCode: errorCode.INVALID_REQUEST, apiKeys: [] };
    if (apiVersion >= SOFTWARE_SINCE)
      peer.software = { name: request.clientSoftwareName, version: request.clientSoftwareVersion };
    const apiKeys = served()
      .map(({ api, versions }) => ({ apiKey: api.key, minVersion: versions[0], maxVersion: versions[1] }))
      .sort((a, b) => a.apiKey - b.apiKey);
    return {
      errorCode: errorCode.NONE,
      apiKeys,
      supportedFeatures: features
        .filter(({ min }) => min > 0 || apiVersion >= LEVEL_ZERO_SINCE)
        .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
      finalizedFeaturesEpoch: levels.epoch,
      finalizedFeatures: levels
        .finalized()
        .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    };
  });
}
