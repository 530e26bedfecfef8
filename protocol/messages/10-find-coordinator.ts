import { array, defineApi, int16, int32, int8, string } from '../schema/index.ts';

/**
 * Which broker coordinates a group (0), a transactional id (1) or a share partition (2).
 * v1 key type and error message (KIP-98). v3 flexible. v4 many keys in one request (KIP-699): the old fields end with v3. v5 TRANSACTION_ABORTABLE (KIP-890). v6 share groups (KIP-932).
 */
export const findCoordinatorApi = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  request: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1, default: 0 }),
    coordinatorKeys: array(string(), { since: 4 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0, ignorable: true }),
    errorCode: int16({ until: 3 }),
    errorMessage: string({ since: 1, until: 3, nullableSince: 1, ignorable: true }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullableSince: 0 }),
      },
      { since: 4 },
    ),
  },
});
