// FindCoordinator v0-6: this broker coordinates all groups, transactions and share partitions (key type 2, v6, KIP-932: brokers ask for those,
// with keys `group:topic id:partition`). Needs DESCRIBE on the group or the transactional id, CLUSTER_ACTION for share partitions.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { findCoordinatorApi } from '../../../protocol/messages/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

const MANY_KEYS_SINCE = 4;
const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;
const SHARE_SINCE = 6;
const SHARE_KEY = /^.*:[\w-]{22}:\d+$/;

export function findCoordinatorHandler(nodeId: number): Handler {
  return handler(findCoordinatorApi, ({ key, keyType, coordinatorKeys }, context) => {
    const { host, port } = context.listener;
    const find = (one: string) => {
      const code = refusal(keyType, one, context);
      const node = code === errorCode.NONE ? { nodeId, host, port } : { nodeId: -1, host: '', port: -1 };
      return { ...node, errorCode: code, errorMessage: code === errorCode.NONE ? '' : errorMessage(code) };
    };
    if (context.apiVersion >= MANY_KEYS_SINCE)
      return { coordinators: coordinatorKeys.map((one) => ({ key: one, ...find(one) })) };
    const found = find(key);
    return { ...found, errorMessage: found.errorMessage || 'NONE' };
  });
}

/** Why the coordinator of a key is not told; NONE when it is. */
function refusal(keyType: number, key: string, { may, apiVersion }: RequestContext): number {
  if (keyType === GROUP) return may('describe', 'group', key) ? errorCode.NONE : errorCode.GROUP_AUTHORIZATION_FAILED;
  if (keyType === TRANSACTION)
    return may('describe', 'transactional-id', key) ? errorCode.NONE : errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  if (keyType !== SHARE || apiVersion < SHARE_SINCE) return errorCode.INVALID_REQUEST;
  if (!may('cluster-action', 'cluster', CLUSTER_NAME)) return errorCode.CLUSTER_AUTHORIZATION_FAILED;
  return SHARE_KEY.test(key) ? errorCode.NONE : errorCode.INVALID_REQUEST;
}
