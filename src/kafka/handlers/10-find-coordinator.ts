// FindCoordinator v0-6: this broker coordinates all groups and transactions. Share groups (key type 2) have no coordinator here
// and are answered with INVALID_REQUEST, as Kafka does for a key type that it does not serve.
// Needs DESCRIBE on the group or the transactional id.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { findCoordinatorApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

const MANY_KEYS_SINCE = 4;
const GROUP = 0;
const TRANSACTION = 1;

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
function refusal(keyType: number, key: string, { may }: RequestContext): number {
  if (keyType === GROUP) return may('describe', 'group', key) ? errorCode.NONE : errorCode.GROUP_AUTHORIZATION_FAILED;
  if (keyType === TRANSACTION)
    return may('describe', 'transactional-id', key) ? errorCode.NONE : errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  return errorCode.INVALID_REQUEST;
}
