import { afterEach, expect, test } from 'vitest';
import { errorCode } from '../../../protocol/errors.ts';
import { heartbeatApi, produceApi } from '../../../protocol/messages/index.ts';
import { type Logger, type LogFields, silentLogger } from '../../../src/base/logger.ts';
import { handler } from '../../../src/kafka/handler.ts';
import type { LogError } from '../../../src/log/types.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;

afterEach(() => running.server.close(100));

/** A logger, and the errors that it was told. */
function listening(): { logger: Logger; errors: (LogFields & { message: string })[] } {
  const errors: (LogFields & { message: string })[] = [];
  const error = (fields: LogFields, message: string): void => void errors.push({ ...fields, message });
  return { logger: { ...silentLogger, error }, errors };
}

test('a failure that nobody expected is logged with its topic and partition', async () => {
  const { logger, errors } = listening();
  running = await startServer({}, { logger });
  running.parts[1]!.failure = new Error('a bug') as LogError;
  const client = new RawClient(running.port);
  const topicData = [{ name: 't', partitionData: [{ index: 1, records: sampleBatch(1) }] }];
  const { responses } = await client.call(produceApi, 9, { acks: -1, timeoutMs: 1000, topicData });
  expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(errorCode.UNKNOWN_SERVER_ERROR);
  expect(errors).toMatchObject([{ topic: 't', partition: 1, err: { message: 'a bug' } }]);
  client.socket.destroy();
});

test('a failure of a request whose client has gone is logged', async () => {
  const { logger, errors } = listening();
  let fail = (): void => {};
  const slow = handler(heartbeatApi, () => new Promise((_, reject) => (fail = () => reject(new Error('a bug')))));
  running = await startServer({}, { logger, others: [slow] });
  const client = new RawClient(running.port);
  const asked = fail;
  client.send(heartbeatApi, 3, { groupId: 'g', generationId: 1, memberId: 'm' });
  await expect.poll(() => fail).not.toBe(asked);
  client.socket.resetAndDestroy();
  await expect.poll(() => running.server.connections).toBe(0);
  fail();
  await expect.poll(() => errors).toMatchObject([{ connection: 1, err: { message: 'a bug' } }]);
});
