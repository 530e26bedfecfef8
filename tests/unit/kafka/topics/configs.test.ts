import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import {
  alterConfigsApi,
  describeConfigsApi,
  incrementalAlterConfigsApi,
  listConfigResourcesApi,
} from '../../../../protocol/messages/index.ts';
import { topicConfigs } from '../../../../src/log/topic-configs.ts';
import { openTopicWorld } from './topic-world.ts';

const [TOPIC, BROKER, LOGGER] = [2, 4, 8];
const [SET, DELETE, APPEND] = [0, 1, 2];

async function worldWithTopic() {
  const world = await openTopicWorld();
  await world.catalog.create({ name: 'a', partitions: 1, configs: [{ name: 'retention.bytes', value: '7' }] });
  const describe = async (type: number, name: string, keys: string[] | null = null, version = 4) => {
    const { results } = await world.call(describeConfigsApi, version, {
      resources: [{ resourceType: type, resourceName: name, configurationKeys: keys }],
      includeSynonyms: true,
      ...(version >= 3 ? { includeDocumentation: true } : {}),
    });
    return results[0]!;
  };
  return { ...world, describe };
}

describe('DescribeConfigs', () => {
  test('shows every config of a topic, or those asked for, with source, type, synonyms and documentation', async () => {
    const { describe: ask } = await worldWithTopic();
    expect((await ask(TOPIC, 'a')).configs).toHaveLength(topicConfigs.length);
    const { configs } = await ask(TOPIC, 'a', ['max.message.bytes', 'retention.bytes', 'nope']);
    expect(configs.map(({ name, value, configSource, configType }) => [name, value, configSource, configType])).toEqual(
      [
        ['max.message.bytes', '2000000', 4, 3],
        ['retention.bytes', '7', 1, 5],
      ],
    );
    expect(configs[0]?.synonyms).toEqual([
      { name: 'message.max.bytes', value: '2000000', source: 4 },
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ]);
    expect(configs[0]?.documentation).toMatch(/batch/);
  });

  test('an empty list of keys means all, and older versions leave out what they cannot carry', async () => {
    const { describe: ask } = await worldWithTopic();
    const { configs, errorMessage } = await ask(TOPIC, 'a', [], 1);
    expect(configs).toHaveLength(topicConfigs.length);
    expect(configs[0]).toMatchObject({ configType: 0, documentation: '' });
    expect(errorMessage).toBe('');
  });

  test.each([
    ['an unknown topic', TOPIC, 'nope', errorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['a wrong name', TOPIC, 'a b', errorCode.INVALID_TOPIC_EXCEPTION],
    ['no name', TOPIC, '', errorCode.INVALID_TOPIC_EXCEPTION],
    ['another broker', BROKER, '9', errorCode.INVALID_REQUEST],
    ['a broker that is no number', BROKER, 'x', errorCode.INVALID_REQUEST],
    ['loggers of another broker', LOGGER, '9', errorCode.INVALID_REQUEST],
    ['a kind that is not known', 64, '1', errorCode.INVALID_REQUEST],
  ])('refuses %s', async (_, type, name, code) => {
    const { describe: ask } = await worldWithTopic();
    expect(await ask(type, name)).toMatchObject({ errorCode: code, configs: [], resourceType: type });
  });

  test('shows the broker by id, without secrets, and what is set for all brokers by the empty name', async () => {
    const { describe: ask, catalog } = await worldWithTopic();
    const secret = (await ask(BROKER, '1')).configs.find(({ name }) => name === 'some.password');
    expect(secret).toMatchObject({ value: null, isSensitive: true, readOnly: true });
    expect((await ask(BROKER, '')).configs).toEqual([]);
    await catalog.alterBroker('', [{ operation: 'set', name: 'log.retention.ms', value: '8' }]);
    expect((await ask(BROKER, '')).configs).toMatchObject([{ name: 'log.retention.ms', value: '8', configSource: 3 }]);
  });
});

describe('AlterConfigs', () => {
  const one = (name: string, value: string | null) => [
    { resourceType: TOPIC, resourceName: 'a', configs: [{ name, value }] },
  ];

  test('replaces all that was set', async () => {
    const { call, catalog } = await worldWithTopic();
    const { responses } = await call(alterConfigsApi, 2, { resources: one('retention.ms', '5'), validateOnly: false });
    expect(responses).toEqual([{ errorCode: 0, errorMessage: null, resourceType: TOPIC, resourceName: 'a' }]);
    expect([...catalog.byName('a')!.overrides]).toEqual([['retention.ms', '5']]);
  });

  test('validateOnly and errors change nothing', async () => {
    const { call, catalog } = await worldWithTopic();
    const alter = async (name: string, value: string | null, validateOnly: boolean) =>
      (await call(alterConfigsApi, 0, { resources: one(name, value), validateOnly })).responses[0]?.errorCode;
    expect(await alter('retention.ms', '5', true)).toBe(0);
    expect(await alter('retention.ms', null, false)).toBe(errorCode.INVALID_REQUEST);
    expect(await alter('nope', '1', false)).toBe(errorCode.INVALID_CONFIG);
    expect([...catalog.byName('a')!.overrides]).toEqual([['retention.bytes', '7']]);
  });
});

describe('IncrementalAlterConfigs', () => {
  const change = (
    resourceName: string,
    name: string,
    configOperation: number,
    value: string | null,
    resourceType = TOPIC,
  ) => ({
    resourceType,
    resourceName,
    configs: [{ name, configOperation, value }],
  });

  async function alter(resources: ReturnType<typeof change>[], validateOnly = false) {
    const world = await worldWithTopic();
    const { responses } = await world.call(incrementalAlterConfigsApi, 1, { resources, validateOnly });
    return { ...world, codes: responses.map((response) => response.errorCode) };
  }

  test('sets, deletes and appends, and leaves the rest', async () => {
    const { catalog, call } = await alter([change('a', 'retention.ms', SET, '5')]);
    await call(incrementalAlterConfigsApi, 0, {
      resources: [
        {
          resourceType: TOPIC,
          resourceName: 'a',
          configs: [
            { name: 'retention.bytes', configOperation: DELETE, value: null },
            { name: 'cleanup.policy', configOperation: APPEND, value: 'compact' },
          ],
        },
      ],
      validateOnly: false,
    });
    expect([...catalog.byName('a')!.overrides]).toEqual([
      ['retention.ms', '5'],
      ['cleanup.policy', 'delete,compact'],
    ]);
  });

  test('each resource is changed or refused for itself', async () => {
    const { codes, catalog } = await alter([
      change('nope', 'retention.ms', SET, '5'),
      change('a', 'retention.ms', SET, '5'),
      change('', 'retention.ms', SET, '5'),
      change('1', 'num.partitions', SET, '5', BROKER),
      change('', 'log.retention.ms', SET, '5', BROKER),
      change('9', 'root', SET, 'INFO', LOGGER),
    ]);
    const { INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION } = errorCode;
    expect(codes).toEqual([UNKNOWN_TOPIC_OR_PARTITION, 0, INVALID_REQUEST, INVALID_REQUEST, 0, INVALID_REQUEST]);
    expect(catalog.brokers.values.get('log.retention.ms')).toBe('5');
  });

  test.each([
    ['append to what is no list', [change('a', 'retention.ms', APPEND, '5')], [errorCode.INVALID_CONFIG]],
    ['an unknown operation', [change('a', 'retention.ms', 7, '5')], [errorCode.INVALID_REQUEST]],
    ['null', [change('a', 'retention.ms', SET, null)], [errorCode.INVALID_REQUEST]],
    [
      'the same resource twice',
      [change('a', 'retention.ms', SET, '5'), change('a', 'segment.ms', SET, '5')],
      [errorCode.INVALID_REQUEST, errorCode.INVALID_REQUEST],
    ],
  ])('refuses %s', async (_, resources, wanted) => {
    const { codes, catalog } = await alter(resources);
    expect(codes).toEqual(wanted);
    expect([...catalog.byName('a')!.overrides.keys()]).toEqual(['retention.bytes']);
  });
});

describe('ListConfigResources', () => {
  test.each([
    [1, [], 0, ['a', '1', '1']],
    [1, [TOPIC], 0, ['a']],
    [1, [BROKER, 32], 0, ['1']],
    [1, [99], errorCode.UNSUPPORTED_VERSION, []],
    [0, [], 0, []],
  ])('version %i for types %j answers %i and %j', async (version, resourceTypes, code, names) => {
    const { call } = await worldWithTopic();
    const response = await call(listConfigResourcesApi, version, { resourceTypes });
    expect(response.errorCode).toBe(code);
    expect(response.configResources.map(({ resourceName }) => resourceName)).toEqual(names);
  });
});
