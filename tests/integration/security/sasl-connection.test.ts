import { afterEach, describe, expect, test } from 'vitest';
import {
  apiVersionsApi,
  listOffsetsApi,
  saslAuthenticateApi,
  saslHandshakeApi,
} from '../../../protocol/messages/index.ts';
import type { SaslTerms } from '../../../src/security/sasl/exchange.ts';
import { plainMechanism, PlainUsers } from '../../../src/security/sasl/plain.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';

const options = new Map([['user_alice', 'secret']]);
const terms: SaslTerms = {
  mechanisms: [plainMechanism(new PlainUsers([{ name: 'PlainLoginModule', options }]))],
  maxReauthMs: () => 0,
  maxReceiveBytes: 1000,
  failureDelayMs: 20,
};
const plain = (name: string, password: string): Uint8Array => Buffer.from(`\0${name}\0${password}`);

let running: TestServer;

async function secured(changes: Partial<SaslTerms> = {}): Promise<RawClient> {
  running = await startServer({}, { listener: { protocol: 'SASL_PLAINTEXT', sasl: { ...terms, ...changes } } });
  return new RawClient(running.port);
}

afterEach(() => running.server.close(100));

const offsets = { replicaId: -1, isolationLevel: 0, topics: [] };

describe('a SASL listener', () => {
  test('lets in who knows the password', async () => {
    const client = await secured();
    expect(
      (await client.call(apiVersionsApi, 3, { clientSoftwareName: 't', clientSoftwareVersion: '1' })).errorCode,
    ).toBe(0);
    expect(await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' })).toMatchObject({
      errorCode: 0,
      mechanisms: ['PLAIN'],
    });
    const answer = await client.call(saslAuthenticateApi, 2, { authBytes: plain('alice', 'secret') });
    expect(answer).toMatchObject({ errorCode: 0, errorMessage: '', sessionLifetimeMs: 0 });
    expect((await client.call(listOffsetsApi, 5, offsets)).topics).toEqual([]);
    expect(await running.metrics.text()).toContain('mechanism="PLAIN",outcome="success"} 1');
  });

  test.each([
    ['alice', 'wrong'],
    ['mallory', 'secret'],
  ])('tells %s with password %s the same, after a while, and ends the connection', async (name, password) => {
    const client = await secured();
    await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    const answer = await client.call(saslAuthenticateApi, 1, { authBytes: plain(name, password) });
    expect(answer).toMatchObject({
      errorCode: 58,
      errorMessage: 'Authentication failed: Invalid username or password',
    });
    await client.ended();
    expect(await running.metrics.text()).toContain('mechanism="PLAIN",outcome="failure"} 1');
  });

  test('takes bare tokens after a handshake of version 0', async () => {
    const client = await secured();
    await client.call(saslHandshakeApi, 0, { mechanism: 'PLAIN' });
    const token = plain('alice', 'secret');
    const length = Buffer.alloc(4);
    length.writeInt32BE(token.length);
    client.socket.write(Buffer.concat([length, token]));
    expect((await client.frame())?.length).toBe(0);
    expect((await client.call(listOffsetsApi, 5, offsets)).topics).toEqual([]);
  });

  test('ends the connection without an answer for a bare token that is wrong', async () => {
    const client = await secured();
    await client.call(saslHandshakeApi, 0, { mechanism: 'PLAIN' });
    client.socket.write(Buffer.concat([Buffer.from([0, 0, 0, 8]), plain('alice', 'x')]));
    expect(await client.frame()).toBeUndefined();
  });

  test('names the mechanisms that there are to who asks for another, and ends the connection', async () => {
    const client = await secured();
    expect(await client.call(saslHandshakeApi, 1, { mechanism: 'GSSAPI' })).toMatchObject({
      errorCode: 33,
      mechanisms: ['PLAIN'],
    });
    await client.ended();
  });

  test('takes no other request before, and none in between', async () => {
    const early = await secured();
    early.send(listOffsetsApi, 5, offsets);
    expect(await early.frame()).toBeUndefined();
    const between = new RawClient(running.port);
    await between.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    between.send(listOffsetsApi, 5, offsets);
    expect(await between.frame()).toBeUndefined();
    expect(await running.metrics.text()).toContain('closed_total{reason="unauthenticated"} 2');
    expect(await running.metrics.text()).toContain('quarry_kafka_queued_request_bytes 0');
  });

  test('answers a second handshake that it is out of place, and ends the connection', async () => {
    const client = await secured();
    await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    expect(await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' })).toMatchObject({ errorCode: 34 });
    await client.ended();
  });

  test('does not keep the connection of who was refused and does not go', async () => {
    const client = await secured();
    client.socket.allowHalfOpen = true;
    await client.call(saslHandshakeApi, 1, { mechanism: 'GSSAPI' });
    expect(running.server.connections).toBe(1);
    await expect.poll(() => running.server.connections, { timeout: 10_000 }).toBe(0);
    client.socket.destroy();
  });

  test('takes nothing large before a client is known', async () => {
    const client = await secured();
    client.send(saslHandshakeApi, 1, { mechanism: 'x'.repeat(2000) });
    expect(await client.frame()).toBeUndefined();
  });

  test('answers further SASL requests of a client that is known with ILLEGAL_SASL_STATE', async () => {
    const client = await secured();
    await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    await client.call(saslAuthenticateApi, 1, { authBytes: plain('alice', 'secret') });
    expect((await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' })).errorCode).toBe(34);
    const again = await client.call(saslAuthenticateApi, 1, { authBytes: plain('alice', 'secret') });
    expect(again).toMatchObject({
      errorCode: 34,
      errorMessage: 'SaslAuthenticate request received after successful authentication',
    });
    expect((await client.call(listOffsetsApi, 5, offsets)).topics).toEqual([]);
  });
});

test('a listener without SASL answers SASL requests with ILLEGAL_SASL_STATE', async () => {
  running = await startServer();
  const client = new RawClient(running.port);
  expect((await client.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' })).errorCode).toBe(34);
  expect((await client.call(saslAuthenticateApi, 1, { authBytes: plain('a', 'b') })).errorCode).toBe(34);
});
