import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { SqlConflict } from '../../../src/metadata/errors.ts';
import { DroppedTables } from '../../../src/metadata/dropped-tables.ts';
import * as acls from '../../../src/metadata/acls.ts';
import * as quotas from '../../../src/metadata/client-quotas.ts';
import * as groups from '../../../src/metadata/groups.ts';
import { clusterId } from '../../../src/metadata/meta.ts';
import { partitionRows, raiseLogStart } from '../../../src/metadata/partitions.ts';
import { allocateProducerIds } from '../../../src/metadata/producer-ids.ts';
import { readProgress, saveProgress } from '../../../src/metadata/progress.ts';
import * as topics from '../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { engines } from './engines.ts';

const TOPIC = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', name: 'logs', partitions: 2, created: 1 };

describe.each(engines)('the repositories on $name', (engine) => {
  let fixture: ReturnType<typeof engine.start>;
  let sql: SqlEngine;

  beforeEach(async () => {
    fixture = engine.start();
    sql = await fixture.open();
  });

  afterEach(async () => {
    await sql.close();
    fixture.clean();
  });

  test('keep the cluster id that was made first', async () => {
    const first = await clusterId(sql, seededRandom(1));
    expect(first).toHaveLength(22);
    expect(await clusterId(sql, seededRandom(2))).toBe(first);
  });

  test('hand out producer ids from blocks that never overlap', async () => {
    const blocks = await Promise.all([1, 2, 3].map(() => allocateProducerIds(sql, 1000)));
    expect(blocks.map((block) => block.first).sort((a, b) => a - b)).toEqual([0, 1000, 2000]);
  });

  test('create a topic with its configs once', async () => {
    const config = { resourceType: 'topic', resourceName: TOPIC.topicId, name: 'retention.ms', value: '5' } as const;
    await sql.transaction(topics.createTopic(TOPIC, [config]));
    expect(await topics.topicRows(sql)).toEqual([TOPIC]);
    expect(await topics.configRows(sql)).toEqual([config]);
    const again = sql.transaction(topics.createTopic({ ...TOPIC, topicId: 'other' }, []));
    await expect(again).rejects.toBeInstanceOf(SqlConflict);
    await sql.transaction([topics.setConfig({ ...config, value: '6' })]);
    expect(await topics.configRows(sql)).toEqual([{ ...config, value: '6' }]);
    await sql.transaction([topics.removeConfig(config)]);
    expect(await topics.configRows(sql)).toEqual([]);
  });

  test('only ever raise the number of partitions', async () => {
    await sql.transaction(topics.createTopic(TOPIC, []));
    await sql.transaction([topics.addPartitions(TOPIC.topicId, 4)]);
    await expect(sql.transaction([topics.addPartitions(TOPIC.topicId, 3)])).rejects.toBeInstanceOf(SqlConflict);
    expect(await topics.topicRows(sql)).toMatchObject([{ partitions: 4 }]);
  });

  test('keep each ACL once, and remove the one that is meant', async () => {
    const acl = {
      resourceType: 'topic',
      resourceName: 'logs',
      patternType: 'literal',
      principal: 'User:alice',
      host: '*',
      operation: 'read',
      permission: 'allow',
    };
    const other = { ...acl, host: '10.0.0.1' };
    await sql.transaction([acls.saveAcl(acl), acls.saveAcl(acl), acls.saveAcl(other)]);
    expect(await acls.aclRows(sql)).toEqual([acl, other]);
    await sql.transaction([acls.removeAcl(acl)]);
    expect(await acls.aclRows(sql)).toEqual([other]);
  });

  test('keep the quotas of clients, fractions too', async () => {
    const quota = { entity: '[["user","alice"]]', quota: 'request_percentage', value: 12.5 };
    const other = { ...quota, quota: 'producer_byte_rate', value: 2 ** 40 };
    await sql.transaction([quotas.saveClientQuota({ ...quota, value: 1 }), quotas.saveClientQuota(other)]);
    await sql.transaction([quotas.saveClientQuota(quota)]);
    expect(await quotas.clientQuotaRows(sql)).toEqual([other, quota]);
    await sql.transaction([quotas.removeClientQuota(quota.entity, quota.quota)]);
    expect(await quotas.clientQuotaRows(sql)).toEqual([other]);
  });

  test('only ever raise a log start', async () => {
    await sql.transaction([raiseLogStart('t', 0, 10, 'retention')]);
    await sql.transaction([raiseLogStart('t', 0, 7, 'request')]);
    await sql.transaction([raiseLogStart('t', 0, 8, 'retention')]);
    await sql.transaction([raiseLogStart('t', 1, 1, 'request')]);
    const rows = await partitionRows(sql);
    expect(rows.map(({ logStart, deletedBelow }) => [logStart, deletedBelow])).toEqual([
      [10, 7],
      [1, 1],
    ]);
  });

  test('remember the topics that were deleted until their tables are gone', async () => {
    await sql.transaction(topics.createTopic({ ...TOPIC, topicId: 'gone', name: 'gone' }, []));
    await sql.transaction(topics.deleteTopic(sql, 'gone', 5));
    const dropped = new DroppedTables(sql);
    expect(await dropped.list()).toEqual([{ topicId: 'gone', name: 'gone' }]);
    await dropped.forget('gone');
    expect(await dropped.list()).toEqual([]);
  });

  test('keep groups and their offsets, and remove them together', async () => {
    const offset = {
      groupId: 'g',
      topic: 'logs',
      topicId: TOPIC.topicId,
      partition: 1,
      offset: 42,
      leaderEpoch: 0,
      metadata: 'm',
      commitTimestamp: 9,
      expireTimestamp: undefined,
    };
    await sql.transaction([
      groups.saveGroup({ groupId: 'g', kind: 'classic', state: '{}', updated: 1 }),
      groups.saveOffset(offset),
    ]);
    await sql.transaction([groups.saveOffset({ ...offset, offset: 43, expireTimestamp: 99 })]);
    expect(await groups.groupRows(sql)).toEqual([{ groupId: 'g', kind: 'classic', state: '{}', updated: 1 }]);
    expect(await groups.groupOffsetRows(sql)).toEqual([{ ...offset, offset: 43, expireTimestamp: 99 }]);
    await sql.transaction([groups.removeOffset('g', 'logs', 1)]);
    expect(await groups.groupOffsetRows(sql)).toEqual([]);
    await sql.transaction([groups.saveOffset(offset)]);
    const member = { groupId: 'g', memberId: 'm', state: '{}' };
    await sql.transaction([groups.saveGroupMember(member), groups.saveGroupMember({ ...member, memberId: 'n' })]);
    await sql.transaction([
      groups.saveGroupMember({ ...member, state: '[]' }),
      groups.removeGroupMember('g', 'n'),
      groups.removeGroupMember('h', 'm'),
    ]);
    expect(await groups.groupMemberRows(sql)).toEqual([{ ...member, state: '[]' }]);
    await sql.transaction([groups.removeGroupMembers('g'), groups.saveGroupMember({ ...member, memberId: 'k' })]);
    expect(await groups.groupMemberRows(sql)).toEqual([{ ...member, memberId: 'k' }]);
    await sql.transaction(groups.removeGroup('g'));
    expect(await groups.groupMemberRows(sql)).toEqual([]);
    expect(await groups.groupRows(sql)).toEqual([]);
    expect(await groups.groupOffsetRows(sql)).toEqual([]);
  });

  test('keep the progress of a sink', async () => {
    expect(await readProgress(sql, 'text')).toBeUndefined();
    await sql.transaction([saveProgress({ sink: 'text', segment: 3, position: 64 })]);
    await sql.transaction([saveProgress({ sink: 'text', segment: 4, position: 32 })]);
    expect(await readProgress(sql, 'text')).toEqual({ sink: 'text', segment: 4, position: 32 });
  });
});
