import { afterEach, describe, expect, test } from 'vitest';
import { heartbeatApi } from '../../../protocol/messages/index.ts';
import { handler } from '../../../src/kafka/handler.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';

let running: TestServer;

afterEach(() => running.server.close(100));

const request = { groupId: 'g', generationId: 1, memberId: 'm' };
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** A handler whose answers wait for `release`; `steps` says what happened in which order. */
async function start() {
  const steps: string[] = [];
  const held: { release: () => void } = { release: () => {} };
  const slow = handler(heartbeatApi, async (_request, { afterSent }) => {
    afterSent(() => steps.push('memory free'));
    steps.push('begun');
    await new Promise<void>((resolve) => {
      held.release = resolve;
    });
    afterSent(() => steps.push('more memory free'));
    steps.push('done');
    return { errorCode: 0 };
  });
  running = await startServer({}, { others: [slow] });
  return { steps, held };
}

describe('what an answer refers to', () => {
  test('may change once the answer was sent', async () => {
    const { steps, held } = await start();
    const client = new RawClient(running.port);
    client.send(heartbeatApi, 3, request);
    await until(() => steps.length === 1);
    held.release();
    await client.receive(heartbeatApi, 3);
    await until(() => steps.length === 4);
    expect(steps).toEqual(['begun', 'done', 'memory free', 'more memory free']);
    client.socket.destroy();
  });

  test('is left alone while the handler works, also when the client is gone', async () => {
    const { steps, held } = await start();
    const client = new RawClient(running.port);
    client.send(heartbeatApi, 3, request);
    await until(() => steps.length === 1);
    client.socket.resetAndDestroy();
    await until(() => running.server.connections === 0);
    expect(steps).toEqual(['begun']);
    held.release();
    await until(() => steps.length === 4);
    expect(steps).toEqual(['begun', 'done', 'memory free', 'more memory free']);
  });
});
