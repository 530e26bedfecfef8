import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { Authority } from '../../certificates.ts';
import { ecKey } from '../../unit/security/jwt.ts';

let folder: string;
let authority: Authority;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-doors-'));
  authority = new Authority();
});
afterAll(() => {
  authority.remove();
  rmSync(folder, { recursive: true });
});

async function doors(broker: Broker): Promise<{ status: string; reason?: string }> {
  const health = (await (await fetch(`http://${broker.httpAddress}/health`)).json()) as { parts: { doors: never } };
  return health.parts.doors;
}

test('a broker starts without the keys of tokens, says so, and takes them when they are there', async () => {
  const keys = join(folder, 'keys.json');
  await using broker = await Broker.start({
    settings: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': ['OAUTHBEARER'],
      'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(keys).href,
      'http.authentication': 'none',
    },
  });
  expect(await doors(broker)).toMatchObject({
    status: 'degraded',
    reason: expect.stringContaining('keys of access tokens'),
  });
  writeFileSync(keys, JSON.stringify({ keys: [ecKey('one').jwk] }));
  await expect.poll(() => doors(broker), { timeout: 10_000 }).toEqual({ status: 'ok' });
});

test('changed certificates that cannot be used are told, and used when they can', async () => {
  const file = join(folder, 'broker.pem');
  const { key, certificate } = authority.issue('/CN=broker');
  writeFileSync(file, key + certificate);
  await using broker = await Broker.start({
    settings: { listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': file, 'ssl.reload.interval.ms': 20 },
  });
  expect(await doors(broker)).toEqual({ status: 'ok' });
  writeFileSync(file, key);
  await expect
    .poll(() => doors(broker))
    .toMatchObject({ status: 'degraded', reason: expect.stringContaining('changed certificates') });
  writeFileSync(file, key + certificate);
  await expect.poll(() => doors(broker)).toEqual({ status: 'ok' });
});
