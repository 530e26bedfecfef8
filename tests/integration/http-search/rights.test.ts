import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { AclAuthorizer } from '../../../src/security/acl/acl-authorizer.ts';
import type { AclBinding } from '../../../src/security/acl/bindings.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { createWorld, type Served, serve, type World } from './world.ts';

const TOPIC: AclBinding = {
  resourceType: 'topic',
  resourceName: 'open',
  patternType: 'literal',
  principal: 'User:ANONYMOUS',
  host: '*',
  operation: 'read',
  permission: 'allow',
};
const CLUSTER: AclBinding = { ...TOPIC, resourceType: 'cluster', resourceName: 'kafka-cluster' };

let sql: SqlEngine;
let authorizer: AclAuthorizer;
let world: World;
let served: Served;

beforeAll(async () => {
  sql = openInlineSqlite(':memory:');
  authorizer = await AclAuthorizer.open(sql, { superUsers: [], allowIfNoAcl: false }, createMetrics(), silentLogger);
  world = createWorld(systemClock, authorizer);
  world.topic('open', [{ message: 'seen' }]);
  world.topic('secret', [{ message: 'hidden', password: 'x' }]);
  served = await serve(world);
});

afterAll(async () => {
  await served.front.close(0);
  await sql.close();
});

beforeEach(async () => {
  await authorizer.delete([{}]);
  world.searcher.asked.length = 0;
});

const allow = (...acls: AclBinding[]): Promise<void> => authorizer.create(acls);
const asked = (): string[] => world.searcher.asked.flatMap(({ ranges }) => ranges.map(({ topicId }) => topicId));

describe('rights on topics', () => {
  test.each([
    '/secret/_search',
    '/open,secret/_count',
    '/secret/_doc/0:0',
    '/secret/_source/0:0',
    '/secret/_mapping',
    '/secret',
    '/_cat/indices/secret',
  ])('%s of a topic that may not be read is refused', async (path) => {
    await allow(TOPIC);
    const { status, body } = await served.json(path);
    expect(status).toBe(403);
    expect(body.error).toMatchObject({ type: 'security_exception', reason: 'no right to topic [secret]' });
  });

  test('a topic that is not there is refused in the same words', async () => {
    const [there, not] = await Promise.all(['secret', 'nowhere'].map((name) => served.json(`/${name}/_search`)));
    expect(there?.status).toBe(403);
    expect(JSON.stringify(not?.body).replaceAll('nowhere', 'secret')).toBe(JSON.stringify(there?.body));
  });

  test.each([
    '/_search',
    '/*/_search',
    '/_all/_search',
    '/s*,o*/_search',
    '/open,secret/_search?ignore_unavailable=true',
  ])('%s looks into the topics that may be read, and into no other', async (path) => {
    await allow(TOPIC);
    expect((await served.json(path)).status).toBe(200);
    expect(asked()).toEqual(['id-of-open']);
  });

  test('nothing is looked at, and nothing found, without any right', async () => {
    const { status, body } = await served.json('/_search');
    expect([status, body.hits.total.value, asked()]).toEqual([200, 0, []]);
  });

  test('each search of an _msearch is allowed or refused by itself', async () => {
    await allow(TOPIC);
    const lines = [{ index: 'open' }, {}, { index: 'secret' }, {}, {}, {}]
      .map((line) => JSON.stringify(line))
      .join('\n');
    const { body } = await served.post('/_msearch', `${lines}\n`);
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 403, 200]);
    expect(new Set(asked())).toEqual(new Set(['id-of-open']));
  });

  test('names of fields are told of topics that may be read only', async () => {
    await allow(TOPIC);
    const { body } = await served.json('/_field_caps?fields=*');
    expect(body.indices).toEqual(['open']);
    expect(Object.keys(body.fields)).not.toContain('password');
    expect(Object.keys((await served.json('/_mapping')).body)).toEqual(['open']);
  });

  test('the table of topics shows those that may be described', async () => {
    await allow({ ...TOPIC, resourceName: 'secret', operation: 'describe' });
    const { body } = await served.json('/_cat/indices?format=json');
    expect(body.map(({ index }: { index: string }) => index)).toEqual(['secret']);
    expect((await served.json('/secret/_search')).status).toBe(403);
  });

  test('a right that is taken away is gone at the next request', async () => {
    await allow(TOPIC);
    expect((await served.json('/open/_search')).status).toBe(200);
    await authorizer.delete([{ principal: 'User:ANONYMOUS' }]);
    expect((await served.json('/open/_search')).status).toBe(403);
  });
});

describe('rights on the cluster', () => {
  const looking = [
    '/admin/topics',
    '/admin/topics/open',
    '/admin/segments',
    '/admin/wal',
    '/admin/processor',
    '/metrics',
    '/health',
    '/_cluster/health',
  ];
  const changing = ['/admin/processor/pause', '/admin/processor/resume', '/admin/processor/run'];

  test.each(looking)('to look at %s needs DESCRIBE', async (path) => {
    await allow({ ...TOPIC, resourceName: '*', operation: 'all' });
    expect((await served.get(path)).status).toBe(403);
    await allow({ ...CLUSTER, operation: 'describe' });
    expect((await served.get(path)).status).toBe(200);
  });

  test.each(changing)('%s needs ALTER', async (path) => {
    await allow({ ...CLUSTER, operation: 'describe' });
    expect((await served.get(path, { method: 'POST' })).status).toBe(403);
    await allow({ ...CLUSTER, operation: 'alter' });
    expect((await served.get(path, { method: 'POST' })).status).toBe(200);
  });

  test('configs of a topic are shown to those who may see them', async () => {
    await allow({ ...CLUSTER, operation: 'describe' });
    expect((await served.json('/admin/topics/open')).body.configs).toEqual({});
    await allow({ ...TOPIC, operation: 'describe-configs' });
    expect((await served.json('/admin/topics/open')).body.configs).toEqual({ 'retention.ms': '1' });
  });

  test.each(['/', '/health/live', '/health/ready', '/openapi.json'])('%s is for everybody', async (path) => {
    expect((await served.get(path)).status).toBe(200);
  });

  test('the listener for metrics asks for no rights', async () => {
    expect((await fetch(`${served.metricsBase}/metrics`)).status).toBe(200);
  });
});
