import { describe, expect, test } from 'vitest';
import type { NamedConfigs } from '../../../src/log/named-configs.ts';
import type { ConfigChange } from '../../../src/log/topic-configs-changes.ts';
import { openWorld } from './catalog-world.ts';

const set = (name: string, value: string): ConfigChange => ({ operation: 'set', name, value });
const described = (configs: NamedConfigs, resource: string, name: string) =>
  configs.describe(resource).find((config) => config.name === name);

describe('configs of groups', () => {
  test('hold for their group alone, over a restart, until they are deleted', async () => {
    const { catalog, sql } = await openWorld();
    await catalog.groups.alter('g', [set('consumer.session.timeout.ms', '50000')], false);
    const { groups } = (await openWorld(sql)).catalog;
    expect(groups.value('g', 'consumer.session.timeout.ms')).toBe('50000');
    expect(groups.value('other', 'consumer.session.timeout.ms')).toBe('45000');
    expect(described(groups, 'g', 'consumer.session.timeout.ms')).toMatchObject({ source: 'group', value: '50000' });
    expect(groups.names()).toEqual(['g']);
    await groups.alter('g', [{ operation: 'delete', name: 'consumer.session.timeout.ms' }], false);
    expect(groups.names()).toEqual([]);
    expect((await openWorld(sql)).catalog.groups.names()).toEqual([]);
  });

  test('follow the broker where the group says nothing', async () => {
    const { catalog } = await openWorld();
    await catalog.alterBroker('', [set('group.consumer.session.timeout.ms', '46000')]);
    expect(catalog.groups.value('g', 'consumer.session.timeout.ms')).toBe('46000');
  });

  test.each([
    ['beyond the limits of the broker', 'consumer.session.timeout.ms', '44999'],
    ['of an unknown name', 'nope', '1'],
    ['that are no number', 'share.delivery.count.limit', 'x'],
    ['that are no period', 'share.auto.offset.reset', 'by_duration:P'],
  ])('%s are refused', async (_, name, value) => {
    const { catalog } = await openWorld();
    await catalog.alterBroker('', [set('group.consumer.min.session.timeout.ms', '45000')]);
    await expect(catalog.groups.alter('g', [set(name, value)], false)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
    expect(catalog.groups.names()).toEqual([]);
  });

  test('are only looked at with validateOnly', async () => {
    const { catalog } = await openWorld();
    await catalog.groups.alter('g', [set('share.isolation.level', 'read_committed')], true);
    expect(catalog.groups.names()).toEqual([]);
  });
});

describe('metrics subscriptions', () => {
  test('tell who listens of each change', async () => {
    const { catalog } = await openWorld();
    let told = 0;
    catalog.subscriptions.onChange(() => told++);
    await catalog.subscriptions.alter('s', [set('match', 'client_id=a.*'), set('interval.ms', '100')], false);
    expect([told, catalog.subscriptions.value('s', 'match')]).toEqual([1, 'client_id=a.*']);
  });

  test.each([
    ['an interval that is too short', 'interval.ms', '99', 'INVALID_REQUEST'],
    ['an unknown name', 'nope', '1', 'INVALID_REQUEST'],
    ['a property that clients do not have', 'match', 'shoe_size=9', 'INVALID_CONFIG'],
    ['a broken pattern', 'match', 'client_id=(', 'INVALID_CONFIG'],
  ])('%s is refused', async (_, name, value, code) => {
    const { catalog } = await openWorld();
    await expect(catalog.subscriptions.alter('s', [set(name, value)], false)).rejects.toMatchObject({ code });
  });
});
