import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { errorCode } from '../../../protocol/errors.ts';
import { createTopicsApi, deleteTopicsApi, fetchApi } from '../../../protocol/messages/index.ts';
import { Broker } from '../../../src/broker/index.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

test.each([1, 1000])('a fetch that waits for %i bytes is answered when its topic is deleted', async (minBytes) => {
  await using broker = await Broker.start();
  const port = Number(broker.bootstrap.split(':')[1]);
  const [admin, reader] = [new RawClient(port), new RawClient(port)];
  const wanted = { name: 'gone', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await admin.call(createTopicsApi, 7, { topics: [wanted], timeoutMs: 1000, validateOnly: false });
  const { topicId } = topics[0]!;
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  reader.send(fetchApi, 13, { maxWaitMs: 600_000, minBytes, topics: [{ topicId, partitions }] });
  await pause(200);
  expect(reader.waiting).toBe(0);
  await admin.call(deleteTopicsApi, 6, { topics: [{ name: null, topicId }], timeoutMs: 1000 });
  const { body } = await reader.receive(fetchApi, 13);
  expect(body.responses[0]!.partitions[0]!.errorCode).toBe(errorCode.UNKNOWN_TOPIC_ID);
  admin.socket.destroy();
  reader.socket.destroy();
});
