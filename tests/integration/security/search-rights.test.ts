import { afterAll, beforeAll, expect, test } from 'vitest';
import { oneRecord } from '../../../compat-tests/rights/record-cases.ts';
import type { WireConnection } from '../../../compat-tests/wire/connection.ts';
import { createAclsApi, deleteAclsApi, metadataApi, produceApi } from '../../../protocol/messages/index.ts';
import type { Broker } from '../../../src/broker/index.ts';
import { aclBroker, sessionOf } from './acl-broker.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const [TOPIC, LITERAL, READ, ALLOW, ANY] = [2, 3, 3, 3, 1];
let broker: Broker;
let admin: WireConnection;

beforeAll(async () => {
  broker = await aclBroker();
  admin = await sessionOf(broker, 'admin');
  const topics = [{ name: 'payroll', topicId: NO_ID }];
  await admin.call(metadataApi, 12, { topics, allowAutoTopicCreation: true });
  const partitionData = [{ index: 0, records: oneRecord() }];
  await admin.call(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name: 'payroll', partitionData }] });
});

afterAll(async () => {
  admin.close();
  await broker.stop();
});

/** The status and the number of hits of a request by a user. */
async function search(user: string, path: string): Promise<[status: number, hits: number | undefined]> {
  const authorization = `Basic ${Buffer.from(`${user}:${user}-secret`).toString('base64')}`;
  const answer = await fetch(`http://${broker.httpAddress}${path}`, { headers: { authorization } });
  const body = (await answer.json()) as { hits?: { total: { value: number } } };
  return [answer.status, body.hits?.total.value];
}

test('an ACL made by Kafka’s protocol opens a topic to the searches of its user, and its removal closes it', async () => {
  const filter = { resourceTypeFilter: TOPIC, resourceNameFilter: 'payroll', patternTypeFilter: LITERAL };
  expect(await search('admin', '/payroll/_search')).toEqual([200, 1]);
  expect(await search('alice', '/payroll/_search')).toEqual([403, undefined]);
  expect(await search('alice', '/_search')).toEqual([200, 0]);
  const acl = { resourceType: TOPIC, resourceName: 'payroll', resourcePatternType: LITERAL };
  const read = { ...acl, principal: 'User:alice', host: '127.0.0.1', operation: READ, permissionType: ALLOW };
  await admin.call(createAclsApi, 3, { creations: [read] });
  expect(await search('alice', '/payroll/_search')).toEqual([200, 1]);
  expect(await search('alice', '/_search')).toEqual([200, 1]);
  const all = { ...filter, principalFilter: 'User:alice', hostFilter: null, operation: ANY, permissionType: ANY };
  await admin.call(deleteAclsApi, 3, { filters: [all] });
  expect(await search('alice', '/payroll/_search')).toEqual([403, undefined]);
});

test('who is not known gets 401, who is known and has no right 403', async () => {
  const nobody = await fetch(`http://${broker.httpAddress}/admin/topics`);
  expect(nobody.status).toBe(401);
  expect((await search('alice', '/admin/topics'))[0]).toBe(403);
  expect((await search('admin', '/admin/topics'))[0]).toBe(200);
});
