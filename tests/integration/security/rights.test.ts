import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rightsCases } from '../../../compat-tests/rights/cases.ts';
import { CaseRunner, casesIn } from '../../../compat-tests/rights/run-cases.ts';
import { openSession } from '../../../compat-tests/rights/session.ts';
import type { WireConnection } from '../../../compat-tests/wire/connection.ts';
import { Broker } from '../../../src/broker/index.ts';

const golden = casesIn(readFileSync(join(import.meta.dirname, '..', '..', 'golden', 'rights', 'answers.txt'), 'utf8'));
const cases = rightsCases();

/** Where Apache Kafka fails the whole request with UNKNOWN_SERVER_ERROR because one ACL is of ANY kind, only that ACL is INVALID_REQUEST here. */
const ONE_BY_ONE = '{"results":[{"errorCode":0},{"errorCode":42}]}';
const deviations = new Map(
  ['resourceType', 'resourcePatternType', 'operation', 'permissionType'].map((field) => [
    `CreateAcls v3, {"${field}":1}`,
    ONE_BY_ONE,
  ]),
);
deviations.set('CreateAcls v3, {"resourcePatternType":2}', ONE_BY_ONE);

const users = 'user_admin="admin-secret" user_alice="alice-secret"';
let broker: Broker;
let runner: CaseRunner;

beforeAll(async () => {
  broker = await Broker.start({
    settings: {
      listeners: 'CLIENTS://127.0.0.1:0',
      'listener.security.protocol.map': 'CLIENTS:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': ['PLAIN'],
      'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
      'delegation.token.secret.key': 'key of the test',
    },
  });
  const connect = (user: string): Promise<WireConnection> => openSession(broker.bootstrap, user, `${user}-secret`);
  runner = await CaseRunner.open({ admin: 'admin', asker: 'alice' }, connect);
});

afterAll(async () => {
  runner.close();
  await broker.stop();
});

test('Apache Kafka was asked all cases', () => {
  expect(cases.map(({ name }) => name)).toEqual([...golden.keys()]);
  expect(cases.length).toBeGreaterThan(150);
});

test.each(cases.map((one) => [one.name, one] as const))('%s: answered as by Apache Kafka', async (name, one) => {
  const [outcome] = await runner.run([one]);
  expect(outcome?.answer).toBe(deviations.get(name) ?? golden.get(name));
});
