import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rightsCases } from '../../../compat-tests/rights/cases.ts';
import { CaseRunner, casesIn } from '../../../compat-tests/rights/run-cases.ts';
import type { Broker } from '../../../src/broker/index.ts';
import { aclBroker, sessionOf } from './acl-broker.ts';

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

let broker: Broker;
let runner: CaseRunner;

beforeAll(async () => {
  broker = await aclBroker({ 'delegation.token.secret.key': 'key of the test' });
  runner = await CaseRunner.open({ admin: 'admin', asker: 'alice' }, (user) =>
    sessionOf(broker, user as 'admin' | 'alice'),
  );
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
