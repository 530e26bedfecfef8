import { describe, expect, test } from 'vitest';
import { findCoordinatorApi } from '../../../protocol/messages/index.ts';
import { decodeResponse, encodeResponse } from '../../../protocol/schema/index.ts';
import { findCoordinatorHandler } from '../../../src/kafka/handlers/10-find-coordinator.ts';
import { requestContext } from '../kafka/call.ts';

const handler = findCoordinatorHandler(7);

function ask(version: number, request: object): unknown {
  const listener = { name: 'PLAINTEXT', host: 'broker.example', port: 19092 };
  const response = handler.handle(
    { key: '', keyType: 0, coordinatorKeys: [], ...request },
    requestContext({ apiVersion: version, listener }),
  );
  const bytes = Buffer.concat(encodeResponse(findCoordinatorApi, version, response as { coordinators?: [] }));
  return decodeResponse(findCoordinatorApi, version, bytes);
}

describe('FindCoordinator', () => {
  test.each([0, 1, 2, 3])('v%i names this broker by the listener that was used', (version) => {
    const expected = { errorCode: 0, nodeId: 7, host: 'broker.example', port: 19092 };
    expect(ask(version, { key: 'group' })).toMatchObject(expected);
  });

  test.each([4, 5, 6])('v%i answers each key', (version) => {
    const node = { nodeId: 7, host: 'broker.example', port: 19092, errorCode: 0, errorMessage: '' };
    expect(ask(version, { keyType: 1, coordinatorKeys: ['a', ''] })).toMatchObject({
      coordinators: [
        { key: 'a', ...node },
        { key: '', ...node },
      ],
    });
  });

  test('key types without a coordinator are refused', () => {
    expect(ask(2, { keyType: 2 })).toMatchObject({ errorCode: 42, nodeId: -1, host: '', port: -1 });
    expect(ask(6, { keyType: 9, coordinatorKeys: ['a'] })).toMatchObject({
      coordinators: [{ key: 'a', errorCode: 42, nodeId: -1, host: '', port: -1 }],
    });
  });
});
