import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { rsaKey, signedToken } from '../../unit/security/jwt.ts';

const key = rsaKey('k1');
const now = (): number => Math.floor(Date.now() / 1000);
const token = (changes: object = {}): string =>
  signedToken(key.privateKey, { alg: 'RS256', kid: 'k1' } as never, {
    sub: 'alice',
    iss: 'https://issuer',
    aud: 'kafka',
    iat: now(),
    exp: now() + 600,
    ...changes,
  });

let issuer: Server;
let broker: Broker;

beforeAll(async () => {
  issuer = createServer((_request, response) => response.end(JSON.stringify({ keys: [key.jwk] })));
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  broker = await Broker.start({
    settings: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': ['OAUTHBEARER'],
      'sasl.oauthbearer.jwks.endpoint.url': `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
      'sasl.oauthbearer.expected.audience': ['kafka'],
      'sasl.oauthbearer.expected.issuer': 'https://issuer',
    },
  });
});
afterAll(async () => {
  await broker.stop();
  issuer.close();
});

function adminWith(value: string) {
  const oauthBearerProvider = () => Promise.resolve({ value });
  return new kafkajs.Kafka({
    brokers: [broker.bootstrap],
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
}

test('kafkajs gets in with a token of the issuer', async () => {
  const admin = adminWith(token());
  await admin.connect();
  expect(await admin.listTopics()).toEqual([]);
  await admin.disconnect();
});

test.each([{ exp: now() - 100 }, { aud: 'web' }, { iss: 'https://other' }])(
  'kafkajs is refused with a token of %o',
  async (changes) => {
    const admin = adminWith(token(changes));
    // It takes the challenge that says why for the end of the authentication, and is cut off with its next request.
    await expect(admin.connect().then(() => admin.listTopics())).rejects.toThrow(/closed/i);
    await admin.disconnect();
  },
);

test('the HTTP port takes the same tokens, and nobody without', async () => {
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`http://${broker.httpAddress}/`, { headers })).status;
  expect(await ask({ authorization: `Bearer ${token()}` })).toBe(200);
  expect(await ask({ authorization: `Bearer ${token({ aud: 'web' })}` })).toBe(401);
  expect(await ask({})).toBe(401);
});
