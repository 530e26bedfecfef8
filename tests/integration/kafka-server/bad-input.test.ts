import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiVersionsApi, metadataApi, produceApi } from '../../../protocol/messages/index.ts';
import { decodeResponse, encodeRequestFrame } from '../../../protocol/schema/index.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { handler } from '../../../src/kafka/handler.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;

const broken = handler(metadataApi, () => {
  throw new Error('a bug');
});

beforeEach(async () => {
  running = await startServer({}, { others: [broken] });
});

afterEach(() => running.server.close(100));

function frameOf(key: number, version: number): Buffer {
  const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const frame = Buffer.concat(encodeRequestFrame(apiVersionsApi, 4, { correlationId: 9, clientId: 'x' }, body));
  frame.writeInt16BE(key, 4);
  frame.writeInt16BE(version, 6);
  return frame;
}

async function sendRaw(bytes: Uint8Array): Promise<Buffer | undefined> {
  const client = new RawClient(running.port);
  client.socket.write(bytes);
  const frame = await client.frame();
  client.socket.destroy();
  return frame;
}

describe('the connection is closed, and only that one, for', () => {
  const cases: Record<string, Uint8Array> = {
    'an API that is not served': frameOf(999, 0),
    'a version that is not served': frameOf(1, 99),
    'a negative version': frameOf(0, -1),
    'a Produce version that Kafka 4 dropped': frameOf(0, 2),
    'a negative length': Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    'a giant length': Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
    'an empty frame': Uint8Array.of(0, 0, 0, 0),
    'a body that is cut off': Uint8Array.of(0, 0, 0, 10, 0, 0, 0, 9, 0, 0, 0, 1, 0xff, 0xff),
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'a handler that throws': frameOf(3, 12),
  };

  test.each(Object.entries(cases))('%s', async (_title, bytes) => {
    const other = new RawClient(running.port);
    await other.call(apiVersionsApi, 0, {});
    expect(await sendRaw(bytes)).toBeUndefined();
    expect((await other.call(apiVersionsApi, 0, {})).errorCode).toBe(0);
    other.socket.destroy();
    expect(await running.metrics.text()).toMatch(
      /quarry_kafka_connections_closed_total\{reason="(malformed|failure)"\} 1/,
    );
  });
});

describe('ApiVersions of a version that is too new', () => {
  test('is answered in version 0, with the versions of ApiVersions alone (KIP-511)', async () => {
    const frame = await sendRaw(frameOf(18, 99));
    expect(frame!.readInt32BE(0)).toBe(9);
    expect(decodeResponse(apiVersionsApi, 0, frame!, 4)).toMatchObject({
      errorCode: 35,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    });
  });
});

describe('garbage on the port', () => {
  test('neither stops the server nor leaves memory taken', async () => {
    const random = seededRandom(11);
    const good = Buffer.concat(
      encodeRequestFrame(
        produceApi,
        9,
        { correlationId: 1, clientId: 'x' },
        {
          acks: -1,
          timeoutMs: 10,
          topicData: [{ name: 't', partitionData: [{ index: 0, records: sampleBatch(5) }] }],
        },
      ),
    );
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(round % 2 === 0 ? random.bytes(below(random, 400)) : good);
      if (round % 2 === 1) {
        for (let i = 0; i < 3; i++) bytes[4 + below(random, bytes.length - 4)] = below(random, 256);
      } else if (bytes.length > 4) bytes.writeInt32BE(below(random, 1 << 27), 0);
      const client = new RawClient(running.port);
      client.socket.end(bytes);
      await client.ended();
    }
    const client = new RawClient(running.port);
    expect((await client.call(apiVersionsApi, 0, {})).errorCode).toBe(0);
    client.socket.destroy();
    expect(await running.metrics.text()).toContain('quarry_kafka_queued_request_bytes 0');
  });
});
