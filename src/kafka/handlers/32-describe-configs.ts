// DescribeConfigs v1-4 for topics and brokers (this one, or '' for the dynamic configs of all): every config with value, source, type,
// synonyms and documentation, secrets without value. Deviations: configs are sorted by name; the broker has its own settings,
// those of Apache Kafka by their names, not Kafka's whole list; loggers, groups and metrics subscriptions have no configs here.
// Needs DESCRIBE_CONFIGS on the topic or group, or on the cluster for the rest.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeConfigsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { DescribedConfig } from '../../log/catalog-brokers.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { checkTopicName } from '../../log/catalog-names.ts';
import { type Handler, handler } from '../handler.ts';
import { partError } from './catalog-outcome.ts';
import { configSourceCode, configTypeCode, resourceType } from './config-codes.ts';
import { configRefusal } from './config-rights.ts';

type Request = RequestOf<typeof describeConfigsApi>;
type Wanted = Request['resources'][number];
type Result = ResponseOf<typeof describeConfigsApi>['results'][number];
type ShownConfig = Result['configs'][number];

export function describeConfigsHandler(catalog: TopicCatalog): Handler {
  return handler(describeConfigsApi, (request, context) => ({
    results: request.resources.map((resource) => {
      const { resourceType: type, resourceName } = resource;
      const code = configRefusal('describe-configs', type, resourceName, context);
      if (code === errorCode.NONE) return describeOne(resource, request, catalog);
      return { errorCode: code, errorMessage: errorMessage(code), resourceType: type, resourceName, configs: [] };
    }),
  }));
}

function describeOne(wanted: Wanted, request: Request, catalog: TopicCatalog): Result {
  const { resourceType: type, resourceName, configurationKeys } = wanted;
  try {
    const asked = configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys);
    const configs = configsOf(wanted, catalog)
      .filter(({ name }) => asked === undefined || asked.has(name))
      .map((config) => show(config, request));
    return { errorCode: errorCode.NONE, errorMessage: '', resourceType: type, resourceName, configs };
  } catch (error) {
    return { ...partError(error), resourceType: type, resourceName, configs: [] };
  }
}

function configsOf({ resourceType: type, resourceName }: Wanted, catalog: TopicCatalog): readonly DescribedConfig[] {
  if (type === resourceType.BROKER) return catalog.brokers.describe(resourceName);
  if (type !== resourceType.TOPIC) {
    throw new CatalogError('INVALID_REQUEST', `Resources of type ${type} have no configs here.`);
  }
  checkTopicName(resourceName);
  const topic = catalog.byName(resourceName);
  if (topic === undefined) throw new CatalogError('UNKNOWN_TOPIC_OR_PARTITION', '');
  return catalog.describe(topic);
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
