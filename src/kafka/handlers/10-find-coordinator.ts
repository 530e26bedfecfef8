// FindCoordinator v0-6: this broker coordinates all groups and transactions. Share groups (key type 2) have no coordinator here
// and are answered with INVALID_REQUEST, as Kafka does for a key type that it does not serve.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { findCoordinatorApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';

const MANY_KEYS_SINCE = 4;
const GROUP = 0;
const TRANSACTION = 1;

export function findCoordinatorHandler(nodeId: number): Handler {
  return handler(findCoordinatorApi, ({ keyType, coordinatorKeys }, { apiVersion, listener }) => {
    const code = keyType === GROUP || keyType === TRANSACTION ? errorCode.NONE : errorCode.INVALID_REQUEST;
    const { host, port } = listener;
    const node = code === errorCode.NONE ? { nodeId, host, port } : { nodeId: -1, host: '', port: -1 };
    const message = code === errorCode.NONE ? '' : errorMessage(code);
    if (apiVersion < MANY_KEYS_SINCE) return { ...node, errorCode: code, errorMessage: message || 'NONE' };
    const coordinators = coordinatorKeys.map((one) => ({ ...node, key: one, errorCode: code, errorMessage: message }));
    return { coordinators };
  });
}
