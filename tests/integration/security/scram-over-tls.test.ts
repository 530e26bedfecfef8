import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs, { type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { Authority } from '../../certificates.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '../../../src/main/main.ts');

let authority: Authority;
let data: string;
let broker: Broker;

/** What an operator does: the first user by a command, then a broker that lets nobody else in. */
beforeAll(async () => {
  authority = new Authority();
  data = mkdtempSync(join(tmpdir(), 'quarry-scram-'));
  const password = join(data, 'password');
  writeFileSync(password, 'admin-secret\n');
  const flags = ['--data.dir', data, '--password-file', password];
  const { stdout } = await run(process.execPath, [MAIN, 'users', 'add', 'admin', ...flags]);
  expect(stdout).toBe('stored admin for SCRAM-SHA-256 and SCRAM-SHA-512\n');
  broker = await Broker.start({
    settings: {
      'data.dir': data,
      listeners: 'OUTSIDE://127.0.0.1:0,INSIDE://127.0.0.1:0',
      'listener.security.protocol.map': 'OUTSIDE:SASL_SSL,INSIDE:PLAINTEXT',
      'sasl.enabled.mechanisms': ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'],
      'listener.name.outside.plain.sasl.jaas.config': 'PlainLoginModule required user_alice="alice-secret";',
      'ssl.keystore.location': authority.issue('/CN=broker').file,
    },
  });
});

afterAll(async () => {
  await broker.stop();
  authority.remove();
  rmSync(data, { recursive: true });
});

function client(sasl: SASLOptions) {
  return new kafkajs.Kafka({
    brokers: [broker.listeners.get('OUTSIDE')!],
    ssl: { ca: [readFileSync(authority.trusted)] },
    sasl,
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

describe('kafkajs over TLS', () => {
  test.each([
    { mechanism: 'scram-sha-256', username: 'admin', password: 'admin-secret' },
    { mechanism: 'scram-sha-512', username: 'admin', password: 'admin-secret' },
    { mechanism: 'plain', username: 'alice', password: 'alice-secret' },
  ] as SASLOptions[])('logs in by $mechanism, and is told the listener that it came by', async (sasl) => {
    const admin = client(sasl).admin();
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([broker.listeners.get('OUTSIDE')]);
    await admin.disconnect();
  });

  test.each([
    { mechanism: 'scram-sha-256', username: 'admin', password: 'wrong' },
    { mechanism: 'scram-sha-512', username: 'nobody', password: 'admin-secret' },
    { mechanism: 'scram-sha-256', username: 'alice', password: 'alice-secret' },
    { mechanism: 'plain', username: 'admin', password: 'admin-secret' },
  ] as SASLOptions[])('is refused as $username by $mechanism', async (sasl) => {
    const admin = client(sasl).admin();
    await expect(admin.connect()).rejects.toThrow(/Authentication failed|invalid credentials/);
    await admin.disconnect();
  });
});

test('users are not changed beside a broker that runs', async () => {
  const failed = run(process.execPath, [MAIN, 'users', 'list', '--data.dir', data]);
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/in use|process/) });
});
