import { array, defineApi, int16, int32, int8, string } from '../schema/index.ts';

/**
 * Creates ACLs (KIP-140). v1 pattern types (KIP-290). v2 flexible. v3 user resources for delegation tokens (KIP-373).
 */
export const createAclsApi = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexible: 2,
  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullableSince: 0 }),
    }),
  },
});
