import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { apiVersionsApi, metadataApi, produceApi } from '../../../protocol/messages/index.ts';
import { encodeRequestFrame } from '../../../protocol/schema/index.ts';
import { handler } from '../../../src/kafka/handler.ts';
import { type TlsSettings, TlsTerms } from '../../../src/security/tls/terms.ts';
import { Authority, type Certificate } from '../../certificates.ts';
import { startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let authority: Authority;
let server: Certificate;
let running: TestServer;
let principal: string | undefined;

beforeAll(() => {
  authority = new Authority();
  server = authority.issue('/CN=broker');
});
afterAll(() => authority.remove());
afterEach(() => running.server.close(100));

const whoami = handler(metadataApi, (_request, context) => {
  principal = context.principal;
  return { brokers: [], topics: [], controllerId: 1 };
});

async function listen(changes: Partial<TlsSettings> = {}): Promise<TlsTerms> {
  principal = undefined;
  const tls = new TlsTerms(authority.listenerSettings(server, changes), readFileSync);
  running = await startServer({}, { others: [whoami], listener: { protocol: 'SSL', tls } });
  return tls;
}

function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const ca = readFileSync(authority.trusted);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: running.port, host: '127.0.0.1', ca, ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends Metadata and resolves with the answer's bytes; undefined when the connection is closed instead. */
function ask(socket: TLSSocket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    socket.once('data', resolve);
    socket.on('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    socket.write(
      Buffer.concat(encodeRequestFrame(metadataApi, 1, { correlationId: 1, clientId: null }, { topics: [] })),
    );
  });
}

describe('a TLS listener', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('serves requests over %s', async (version) => {
    await listen();
    const socket = await dial({ minVersion: version, maxVersion: version });
    expect(await ask(socket)).toBeDefined();
    expect(principal).toBe('User:ANONYMOUS');
    socket.destroy();
  });

  test('takes requests larger than a TLS record, and many in one', async () => {
    await listen();
    const socket = await dial();
    const name = 'x'.repeat(30_000);
    const request = { clientSoftwareName: name, clientSoftwareVersion: '1' };
    const frame = Buffer.concat(encodeRequestFrame(apiVersionsApi, 3, { correlationId: 7, clientId: null }, request));
    const small = Buffer.concat(encodeRequestFrame(apiVersionsApi, 0, { correlationId: 8, clientId: null }, {}));
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write(Buffer.concat([frame, small, small, frame]));
    await expect.poll(() => framesIn(Buffer.concat(received)).length).toBe(4);
    expect(framesIn(Buffer.concat(received)).map((one) => one.readInt32BE(0))).toEqual([7, 8, 8, 7]);
    socket.destroy();
  });

  test('maps the certificate of a client to a principal', async () => {
    await listen({ clientAuth: 'required', mappingRules: 'RULE:^CN=(.*?),.*$/$1/U' });
    const { key, certificate: cert } = authority.issue('/C=DE/O=Org/CN=alice');
    const socket = await dial({ key, cert });
    expect(await ask(socket)).toBeDefined();
    expect(principal).toBe('User:ALICE');
    socket.destroy();
  });

  test('has the whole subject for a name without rules', async () => {
    await listen({ clientAuth: 'requested' });
    const { key, certificate: cert } = authority.issue('/C=DE/O=Org, Inc./CN=alice');
    const socket = await dial({ key, cert });
    await ask(socket);
    expect(principal).toBe(String.raw`User:CN=alice,O=Org\, Inc.,C=DE`);
    socket.destroy();
    const anonymous = await dial();
    await ask(anonymous);
    expect(principal).toBe('User:ANONYMOUS');
    anonymous.destroy();
  });

  test('refuses who has no certificate, or one of another authority, and counts it', async () => {
    await listen({ clientAuth: 'required' });
    const none = await dial();
    expect(await ask(none)).toBeUndefined();
    const stranger = new Authority();
    const { key, certificate: cert } = stranger.issue('/CN=alice');
    stranger.remove();
    const other = await dial({ key, cert });
    expect(await ask(other)).toBeUndefined();
    await expect.poll(() => running.metrics.text()).toContain('handshake_failures_total{listener="PLAINTEXT"} 2');
    expect(principal).toBeUndefined();
    expect(running.server.connections).toBe(0);
  });

  test('refuses a foreign certificate also where none is required', async () => {
    await listen({ clientAuth: 'requested' });
    const stranger = new Authority();
    const { key, certificate: cert } = stranger.issue('/CN=alice');
    stranger.remove();
    expect(await ask(await dial({ key, cert }))).toBeUndefined();
    expect(principal).toBeUndefined();
  });

  test('does not let in by a session that was begun with a foreign certificate', async () => {
    await listen({ clientAuth: 'requested', protocols: ['TLSv1.3'] });
    const stranger = new Authority();
    const { key, certificate: cert } = stranger.issue('/CN=alice');
    stranger.remove();
    const sessions: Buffer[] = [];
    const first = await dial({ key, cert });
    first.on('session', (session) => sessions.push(session));
    const session = first.getSession();
    if (session !== undefined) sessions.push(session);
    expect(await ask(first)).toBeUndefined();
    for (const begun of sessions) {
      const again = await dial({ key, cert, session: begun }).catch(() => undefined);
      if (again !== undefined) expect(await ask(again)).toBeUndefined();
    }
    expect(sessions.length).toBeGreaterThan(0);
    expect(principal).toBeUndefined();
  });

  test('knows the client of a session that is taken up again', async () => {
    await listen({ clientAuth: 'required' });
    const { key, certificate: cert } = authority.issue('/CN=alice');
    const first = await dial({ key, cert });
    const begun = new Promise<Buffer>((resolve) => first.once('session', resolve));
    expect(await ask(first)).toBeDefined();
    const again = await dial({ key, cert, session: await begun });
    principal = undefined;
    expect(await ask(again)).toBeDefined();
    expect([again.isSessionReused(), principal]).toEqual([true, 'User:CN=alice']);
    for (const socket of [first, again]) socket.destroy();
  });

  test('closes who does not speak TLS', async () => {
    await listen();
    const socket = connectPlain(running.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await running.metrics.text()).toContain('handshake_failures_total{listener="PLAINTEXT"} 1');
  });

  test('answers what is in work when the server stops, and ends handshakes that go on', async () => {
    await listen();
    running.parts[0]!.hold();
    const records = sampleBatch(1);
    const request = { acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] };
    const socket = await dial();
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('error', () => {});
    socket.write(Buffer.concat(encodeRequestFrame(produceApi, 9, { correlationId: 5, clientId: null }, request)));
    const silent = connectPlain({ port: running.port, host: '127.0.0.1' }).resume();
    const silentEnded = new Promise((resolve) => silent.once('close', resolve));
    await expect.poll(() => running.parts[0]!.logEndOffset).toBe(1);
    const closed = running.server.close(10_000);
    await silentEnded;
    running.parts[0]!.release();
    await closed;
    expect(framesIn(Buffer.concat(received)).map((one) => one.readInt32BE(0))).toEqual([5]);
  });

  test('reads a PKCS12 key store', async () => {
    const location = authority.pkcs12(server, 'changeit');
    await listen({ keystoreType: 'PKCS12', key: { location, text: '' }, keystorePassword: 'changeit' });
    const socket = await dial();
    expect(await ask(socket)).toBeDefined();
    socket.destroy();
  });

  test('uses a changed certificate without a restart, and keeps the old one while the new one is broken', async () => {
    const file = `${server.file}.changing`;
    writeFileSync(file, server.key + server.certificate);
    const material = { location: file, text: '' };
    const tls = await listen({ key: material, certificates: material });
    const subject = async (): Promise<string | undefined> => {
      const socket = await dial();
      const name = socket.getPeerX509Certificate()?.subject;
      socket.destroy();
      return name;
    };
    expect(tls.reload()).toBe(false);
    expect(await subject()).toBe('CN=broker');
    writeFileSync(file, 'half of a file');
    expect(() => tls.reload()).toThrow();
    expect(await subject()).toBe('CN=broker');
    const next = authority.issue('/CN=renewed');
    writeFileSync(file, next.key + next.certificate);
    expect(tls.reload()).toBe(true);
    expect(await subject()).toBe('CN=renewed');
  });

  test.each([
    [{ clientAuth: 'required', trusted: { location: '', text: '' } }, /needs ssl.truststore/],
    [{ protocols: ['SSLv3'] }, /ssl.enabled.protocols takes/],
    [{ cipherSuites: ['TLS_NO_SUCH'] }, /no cipher match|cipher/],
    [{ key: { location: '', text: '' } }, /needs ssl.keystore/],
  ] as const)('settings %o are refused', async (changes, message) => {
    await expect(listen(changes as Partial<TlsSettings>)).rejects.toThrow(message);
    running = await startServer();
  });
});

function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length && at + 4 + bytes.readInt32BE(at) <= bytes.length; ) {
    frames.push(bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at)));
    at += 4 + bytes.readInt32BE(at);
  }
  return frames;
}
