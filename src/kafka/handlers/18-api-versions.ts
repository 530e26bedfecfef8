/**
 * ApiVersions v0–4. Advertises exactly the handlers that are registered. A version above 4 is answered by the dispatcher (KIP-511).
 * Features: one is finalized, `metadata.version`, because admin tools read the broker's release from it; none says that it is supported,
 * as features cannot be changed here.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { apiVersionsApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';

/** Level of `metadata.version` of the Kafka release whose APIs are served (4.3-IV0). */
const METADATA_VERSION = 30;

/** First version that tells the client's software (KIP-511). */
const SOFTWARE_SINCE = 3;
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** `served` is asked at each request: the list contains this handler itself. */
export function apiVersionsHandler(served: () => readonly Handler[]): Handler {
  return handler(apiVersionsApi, (request, { apiVersion }) => {
    const named = SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion);
    if (apiVersion >= SOFTWARE_SINCE && !named) return { errorCode: errorCode.INVALID_REQUEST, apiKeys: [] };
    const apiKeys = served()
      .map(({ api, versions }) => ({ apiKey: api.key, minVersion: versions[0], maxVersion: versions[1] }))
      .sort((a, b) => a.apiKey - b.apiKey);
    return {
      errorCode: errorCode.NONE,
      apiKeys,
      finalizedFeaturesEpoch: 0,
      finalizedFeatures: [
        { name: 'metadata.version', maxVersionLevel: METADATA_VERSION, minVersionLevel: METADATA_VERSION },
      ],
    };
  });
}
