import { array, bool, defineApi, int16, int32, int8, string } from '../schema/index.ts';

/**
 * Configs of topics, brokers, loggers, groups and metrics subscriptions (KIP-133). v1 source and synonyms (KIP-226). v3 type and documentation (KIP-569). v4 flexible.
 */
export const describeConfigsApi = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexible: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullableSince: 0 }),
    }),
    includeSynonyms: bool({ default: false }),
    includeDocumentation: bool({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullableSince: 0 }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullableSince: 0 }),
        readOnly: bool(),
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        synonyms: array({
          name: string(),
          value: string({ nullableSince: 0 }),
          source: int8(),
        }),
        configType: int8({ since: 3, default: 0, ignorable: true }),
        documentation: string({ since: 3, nullableSince: 0, ignorable: true }),
      }),
    }),
  },
});
