import { array, defineApi, int16, int32, int8, string } from '../schema/index.ts';

/**
 * Names of resources that have configs. v0 knows metrics subscriptions only (KIP-1000), v1 any kind (KIP-1142).
 */
export const listConfigResourcesApi = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: {
    resourceTypes: array(int8(), { since: 1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ since: 1, default: 16, ignorable: true }),
    }),
  },
});
