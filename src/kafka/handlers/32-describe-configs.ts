// DescribeConfigs v1-4 for topics, brokers (this one, or '' for the dynamic configs of all), loggers, metrics subscriptions and groups: every
// config with value, source, type, synonyms and documentation, secrets without value. Of the broker that is every config that Apache Kafka has, and
// ours; those without an effect say so. A kind of resource that is not known fails the whole request, as in Apache Kafka.
// Deviation: configs are sorted by name.
// Needs DESCRIBE_CONFIGS on the topic or group, or on the cluster for the rest.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeConfigsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import { present } from '../../base/assert.ts';
import type { DescribedConfig } from '../../log/catalog-brokers.ts';
import { type Handler, handler } from '../handler.ts';
import { partError } from './catalog-outcome.ts';
import { configSourceCode, configTypeCode } from './config-codes.ts';
import type { ConfigResources } from './config-resources.ts';
import { configRefusal } from './config-rights.ts';

type Request = RequestOf<typeof describeConfigsApi>;
type Wanted = Request['resources'][number];
type Result = ResponseOf<typeof describeConfigsApi>['results'][number];
type ShownConfig = Result['configs'][number];

export function describeConfigsHandler(resources: ConfigResources): Handler {
  return handler(describeConfigsApi, (request, context) => {
    if (request.resources.some(({ resourceType: type }) => !resources.has(type)))
      return { results: request.resources.map((wanted) => failed(wanted, errorCode.INVALID_REQUEST)) };
    const results = request.resources.map((wanted) => {
      const code = configRefusal('describe-configs', wanted.resourceType, wanted.resourceName, context);
      return code === errorCode.NONE ? describeOne(wanted, request, resources) : failed(wanted, code);
    });
    return { results };
  });
}

function failed({ resourceType: type, resourceName }: Wanted, code: number): Result {
  return { errorCode: code, errorMessage: errorMessage(code), resourceType: type, resourceName, configs: [] };
}

function describeOne(wanted: Wanted, request: Request, resources: ConfigResources): Result {
  const { resourceType: type, resourceName, configurationKeys } = wanted;
  try {
    const asked = configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys);
    const described = present(resources.get(type), 'kind of resource').describe(resourceName);
    const configs = described
      .filter(({ name }) => asked === undefined || asked.has(name))
      .map((config) => show(config, request));
    return { errorCode: errorCode.NONE, errorMessage: '', resourceType: type, resourceName, configs };
  } catch (error) {
    return { ...partError(error), resourceType: type, resourceName, configs: [] };
  }
}

function show(config: DescribedConfig, request: Request): ShownConfig {
  const synonyms = request.includeSynonyms ? config.synonyms : [];
  return {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    configSource: configSourceCode[config.source],
    isSensitive: config.sensitive,
    synonyms: synonyms.map(({ name, value, source }) => ({ name, value, source: configSourceCode[source] })),
    configType: configTypeCode[config.type],
    documentation: request.includeDocumentation ? config.doc : null,
  };
}
