import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchApi, produceApi } from '../../../protocol/messages/index.ts';
import { LogError } from '../../../src/log/types.ts';
import { TOPIC_ID } from '../../unit/kafka/array-log.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;
let client: RawClient;

beforeEach(async () => {
  running = await startServer();
  client = new RawClient(running.port);
});

afterEach(async () => {
  client.socket.destroy();
  await running.server.close(100);
});

interface Changes {
  readonly acks?: number;
  readonly name?: string;
  readonly topicId?: string;
  readonly index?: number;
  readonly version?: number;
}

async function produce(records: Uint8Array | null, changes: Changes = {}) {
  const { acks = -1, name = 't', topicId = TOPIC_ID, index = 0, version = 9 } = changes;
  const topicData = [{ name, topicId, partitionData: [{ index, records }] }];
  const body = await client.call(produceApi, version, { acks, timeoutMs: 1000, topicData });
  return body.responses[0]!.partitionResponses[0]!;
}

function changed(batch: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(batch);
  copy[at] = value;
  return copy;
}

/** The codes are those of Apache Kafka 4.3.1 for the same bytes. */
describe('records are refused with', () => {
  const batch = sampleBatch(2);
  const cases: [string, () => Promise<{ errorCode: number }>, number][] = [
    ['INVALID_RECORD when there are none', () => produce(new Uint8Array(0)), 87],
    ['INVALID_RECORD when they are null', () => produce(null), 87],
    ['INVALID_RECORD for two batches', () => produce(Buffer.concat([batch, batch])), 87],
    ['INVALID_RECORD for half a batch', () => produce(batch.subarray(0, batch.length - 3)), 87],
    ['INVALID_RECORD for magic 0', () => produce(changed(batch, 16, 0)), 87],
    ['INVALID_RECORD for magic 1', () => produce(changed(batch, 16, 1)), 87],
    ['CORRUPT_MESSAGE for magic 3', () => produce(changed(batch, 16, 3)), 2],
    ['CORRUPT_MESSAGE for a wrong CRC', () => produce(changed(batch, 70, 1)), 2],
    [
      'UNSUPPORTED_COMPRESSION_TYPE for zstd before version 7',
      () => produce(sampleBatch(1, { compression: 'zstd' }), { version: 6 }),
      76,
    ],
    ['INVALID_REQUIRED_ACKS for acks=2', () => produce(batch, { acks: 2 }), 21],
    ['UNKNOWN_TOPIC_OR_PARTITION for an unknown topic', () => produce(batch, { name: 'nope' }), 3],
    ['UNKNOWN_TOPIC_OR_PARTITION for an unknown partition', () => produce(batch, { index: 9 }), 3],
    [
      'UNKNOWN_TOPIC_ID for an unknown id',
      () => produce(batch, { version: 13, topicId: Buffer.alloc(16, 3).toString('base64url') }),
      100,
    ],
    [
      'UNKNOWN_TOPIC_OR_PARTITION for an unknown partition of a known id',
      () => produce(batch, { version: 13, index: 9 }),
      3,
    ],
    [
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED when they belong to a transaction',
      () => produce(sampleBatch(1, { isTransactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 })),
      53,
    ],
  ];

  test.each(cases)('%s', async (_title, run, code) => {
    expect(await run()).toMatchObject({ errorCode: code, baseOffset: -1 });
    expect(running.parts[0]!.logEndOffset).toBe(0);
    expect(await running.metrics.text()).toMatch(/quarry_kafka_errors_total\{api="Produce",error="[A-Z_]+"\} 1/);
  });

  test('the single records at fault, where the log names them', async () => {
    const faults = [{ index: 1, message: 'no key' }];
    running.parts[0]!.failure = new LogError('INVALID_RECORD', 'one record was refused', { faults });
    expect(await produce(batch)).toMatchObject({
      errorCode: 87,
      errorMessage: 'one record was refused',
      recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no key' }],
    });
    expect(await produce(batch, { version: 7 })).toMatchObject({ errorCode: 87, recordErrors: [] });
  });
});

describe('when the disk fails', () => {
  test('what waits is answered with KAFKA_STORAGE_ERROR, and reads go on', async () => {
    await produce(sampleBatch(2));
    running.parts[0]!.hold();
    const waiting = produce(sampleBatch(2));
    const other = new RawClient(running.port);
    while (running.parts[0]!.logEndOffset < 4) await new Promise(setImmediate);
    running.parts[0]!.release(new LogError('KAFKA_STORAGE_ERROR', 'fdatasync failed'));
    expect(await waiting).toMatchObject({ errorCode: 56, baseOffset: -1 });
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }];
    const { body } = { body: await other.call(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics }) };
    expect(body.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 2 });
    other.socket.destroy();
  });

  test('a producer with acks=0 loses its connection', async () => {
    running.parts[0]!.failure = new LogError('KAFKA_STORAGE_ERROR', 'the log has stopped');
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: sampleBatch(1) }] }];
    client.send(produceApi, 9, { acks: 0, timeoutMs: 1000, topicData });
    expect(await client.frame()).toBeUndefined();
  });
});
