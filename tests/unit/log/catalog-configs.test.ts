import { describe, expect, test } from 'vitest';
import type { DescribedConfig } from '../../../src/log/catalog-brokers.ts';
import { CatalogError } from '../../../src/log/catalog-errors.ts';
import type { ConfigChange } from '../../../src/log/topic-configs-changes.ts';
import { openWorld } from './catalog-world.ts';

const set = (name: string, value: string | null): ConfigChange => ({ operation: 'set', name, value });
const find = (configs: readonly DescribedConfig[], name: string) => configs.find((config) => config.name === name);

async function worldWithTopic() {
  const world = await openWorld();
  await world.catalog.create({ name: 'a', partitions: 1, configs: [] });
  const alter = (...changes: ConfigChange[]) => world.catalog.alterTopic('a', changes);
  const described = (name: string) => find(world.catalog.describe(world.catalog.byName('a')!), name);
  return { ...world, alter, described };
}

describe('configs of topics and of the broker', () => {
  test('a value comes from the topic, the broker, all brokers, the settings, or the default, in this order', async () => {
    const { catalog, alter, described, log } = await worldWithTopic();
    const shown = () => [described('max.message.bytes')?.value, described('max.message.bytes')?.source];
    expect(shown()).toEqual(['2000000', 'static']);
    await catalog.alterBroker('', [set('message.max.bytes', '3000')]);
    expect(shown()).toEqual(['3000', 'default-broker']);
    await catalog.alterBroker('1', [set('message.max.bytes', '4000')]);
    expect(shown()).toEqual(['4000', 'broker']);
    expect(log.config('a')?.maxMessageBytes).toBe(4000);
    await alter(set('max.message.bytes', '5000'));
    expect(shown()).toEqual(['5000', 'topic']);
    expect(log.config('a')?.maxMessageBytes).toBe(5000);
    expect(described('max.message.bytes')?.synonyms).toEqual([
      { name: 'max.message.bytes', value: '5000', source: 'topic' },
      { name: 'message.max.bytes', value: '4000', source: 'broker' },
      { name: 'message.max.bytes', value: '3000', source: 'default-broker' },
      { name: 'message.max.bytes', value: '2000000', source: 'static' },
      { name: 'message.max.bytes', value: '1048588', source: 'default' },
    ]);
    await catalog.alterBroker('1', [{ operation: 'delete', name: 'message.max.bytes' }]);
    await alter({ operation: 'delete', name: 'max.message.bytes' });
    expect(shown()).toEqual(['3000', 'default-broker']);
  });

  test('dynamic broker configs are there after another start', async () => {
    const { catalog, sql } = await worldWithTopic();
    await catalog.alterBroker('', [set('log.retention.ms', '99')]);
    const again = await openWorld(sql);
    expect(again.log.config('a')?.retentionMs).toBe(99);
    expect(again.catalog.brokers.describe('').map(({ name, value }) => [name, value])).toEqual([
      ['log.retention.ms', '99'],
    ]);
  });

  test('append and subtract change lists, starting from the value that holds', async () => {
    const { alter, described } = await worldWithTopic();
    await alter({ operation: 'append', name: 'cleanup.policy', value: 'compact' });
    await alter({ operation: 'append', name: 'cleanup.policy', value: 'compact' });
    expect(described('cleanup.policy')?.value).toBe('delete,compact');
    await alter({ operation: 'subtract', name: 'cleanup.policy', value: 'delete' });
    expect(described('cleanup.policy')?.value).toBe('compact');
    await expect(alter({ operation: 'append', name: 'retention.ms', value: '5' })).rejects.toThrow('not LIST');
  });

  test('changes of a topic are made all or none, and validateOnly makes none', async () => {
    const { catalog, alter, described } = await worldWithTopic();
    await expect(alter(set('retention.ms', '5'), set('segment.ms', '0'))).rejects.toThrow('Value must be at least 1');
    await catalog.alterTopic('a', [set('retention.ms', '5')], true);
    expect(described('retention.ms')).toMatchObject({ source: 'default' });
    await expect(catalog.alterTopic('a', [set('nope', '5')], true)).rejects.toThrow('Unknown config name: nope');
  });

  test.each<[string, ConfigChange[], string]>([
    ['the same config twice', [set('retention.ms', '1'), set('retention.ms', '2')], 'INVALID_REQUEST'],
    ['null', [set('retention.ms', null)], 'INVALID_REQUEST'],
    ['an unknown config', [set('nope', '1')], 'INVALID_CONFIG'],
    ['a wrong value', [set('retention.ms', 'soon')], 'INVALID_CONFIG'],
    ['a contradiction', [set('min.compaction.lag.ms', '10'), set('max.compaction.lag.ms', '5')], 'INVALID_CONFIG'],
  ])('%s is refused', async (_, changes, code) => {
    const { alter } = await worldWithTopic();
    await expect(alter(...changes)).rejects.toSatisfy((error) => error instanceof CatalogError && error.code === code);
  });

  test('deleting what is not set, or not known, changes nothing', async () => {
    const { alter, log } = await worldWithTopic();
    await alter({ operation: 'delete', name: 'nope' }, { operation: 'delete', name: 'retention.ms' });
    expect(log.config('a')?.retentionMs).toBe(604_800_000);
  });

  test('of a broker only what can change while it runs is changed, and names that it does not know', async () => {
    const { catalog } = await worldWithTopic();
    await expect(catalog.alterBroker('1', [set('num.partitions', '3')])).rejects.toThrow('[num.partitions]');
    await expect(catalog.alterBroker('9', [set('log.retention.ms', '3')])).rejects.toThrow('expected 1');
    await expect(catalog.alterBroker('x', [set('log.retention.ms', '3')])).rejects.toThrow('must be an integer');
    await expect(catalog.alterBroker('1', [set('log.retention.ms', 'x')])).rejects.toThrow('Not a number of type LONG');
    await catalog.alterBroker('1', [set('some.plugin', 'secret'), set('max.connections', '7')]);
    const configs = catalog.brokers.describe('1');
    expect(find(configs, 'some.plugin')).toMatchObject({ value: null, sensitive: true, source: 'broker' });
    expect(find(configs, 'max.connections')).toMatchObject({ value: '7', readOnly: false });
    expect([...catalog.brokers.changed]).toEqual([
      ['some.plugin', 'secret'],
      ['max.connections', '7'],
    ]);
  });

  test.each([
    ['one.broker', '1', ''],
    ['all.brokers', '', '1'],
  ])('%s can be set for the resource "%s" and not for "%s"', async (name, right, wrong) => {
    const { catalog } = await worldWithTopic();
    await catalog.alterBroker(right, [set(name, 'b')]);
    await expect(catalog.alterBroker(wrong, [set(name, 'c')])).rejects.toThrow(CatalogError);
    expect(catalog.brokers.values.get(name)).toBe('b');
  });

  test('who uses a config of the broker is told of changes, also of those made before the start', async () => {
    const { catalog, sql } = await worldWithTopic();
    await catalog.alterBroker('', [set('max.connections', '8')]);
    const told: (string | undefined)[] = [];
    const { catalog: again } = await openWorld(sql, (changed) => told.push(changed.get('max.connections')));
    await again.alterBroker('1', [set('max.connections', '9')]);
    await again.alterBroker('1', [{ operation: 'delete', name: 'max.connections' }]);
    expect(told.slice(-3)).toEqual(['8', '9', '8']);
  });

  test('a broker shows its settings, read-only unless they can change, and no secrets', async () => {
    const { catalog } = await worldWithTopic();
    const configs = catalog.brokers.describe('1');
    expect(find(configs, 'num.partitions')).toMatchObject({ value: '1', readOnly: true, source: 'default' });
    expect(find(configs, 'message.max.bytes')).toMatchObject({ value: '2000000', readOnly: false, source: 'static' });
    expect(find(configs, 'some.password')).toMatchObject({ value: null, sensitive: true });
    expect(find(configs, 'log.cleanup.policy')).toMatchObject({ value: 'delete', type: 'list' });
    expect(configs.map(({ name }) => name)).toEqual(configs.map(({ name }) => name).sort());
  });

  test('search follows the topic, and the broker where the topic says nothing', async () => {
    const { catalog, alter } = await worldWithTopic();
    const search = () => catalog.searchConfig(catalog.byName('a')!);
    expect(search()).toEqual({
      search: true,
      table: false,
      columns: '',
      inferColumns: false,
      tableRetention: 'never',
      storageClass: undefined,
      mergePolicy: 'size-tiered',
      fields: [],
    });
    await catalog.alterBroker('', [set('quarry.search', 'false'), set('quarry.table', 'true')]);
    await alter(set('quarry.search.fields', 'level, message'));
    expect(search()).toEqual({
      search: false,
      table: true,
      columns: '',
      inferColumns: false,
      tableRetention: 'never',
      storageClass: undefined,
      mergePolicy: 'size-tiered',
      fields: ['level', 'message'],
    });
    await alter(set('quarry.search', 'true'));
    expect(search().search).toBe(true);
  });

  test('columns of a table are checked, and change only as Iceberg lets them', async () => {
    const { catalog, alter } = await worldWithTopic();
    const columns = (value: string) => set('quarry.table.columns', value);
    await expect(alter(columns('level text'))).rejects.toThrow(/type "text", which is none of/);
    await expect(alter(columns('offset long'))).rejects.toThrow(/name of a column that every table has/);
    await alter(columns('n long, level string'));
    await alter(columns('n int'));
    await alter(set('quarry.table', 'true'));
    await alter(columns('count long from n, level string'));
    await expect(alter(columns('n int'))).rejects.toThrow('Column "n" of the table is long');
    await alter({ operation: 'append', name: 'quarry.table.columns', value: 'took double' });
    expect(catalog.searchConfig(catalog.byName('a')!).columns).toBe('count long from n,level string,took double');
  });
});
