import { COMMON_PARAMETERS, type ParameterDoc, type Route } from './route.ts';
import { errorSchema, JSON_TYPE } from './schemas.ts';

/** The OpenAPI 3.1 document of `routes`: each path and method is in it, since it is made from the very table that is served. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    for (const method of route.methods) operations[method.toLowerCase()] = operation(route, method);
    if (route.methods.includes('GET')) operations['head'] = operation(route, 'HEAD');
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quarry',
      version,
      description:
        'Search over the topics of a Kafka-compatible broker, in the dialect of Elasticsearch, and its administration.',
    },
    paths,
    components: { schemas: { Error: errorSchema }, securitySchemes: SECURITY_SCHEMES },
  };
}

/** The ways to say who asks; whether one has to is a matter of the settings. */
const SECURITY_SCHEMES = {
  password: { type: 'http', scheme: 'basic', description: 'A user of PLAIN or SCRAM.' },
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  certificate: { type: 'mutualTLS' },
};

function operation(route: Route, method: string): object {
  const { body } = route;
  return {
    operationId: `${method.toLowerCase()} ${route.path}`.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, ''),
    summary: route.summary,
    tags: [route.tag],
    parameters: [
      ...pathParameters(route),
      ...(route.query ?? []).map(queryParameter),
      ...COMMON_PARAMETERS.map(queryParameter),
    ],
    ...(body !== undefined &&
      method !== 'HEAD' && {
        requestBody: { required: body.required ?? false, content: { [body.contentType]: { schema: body.schema } } },
      }),
    security: route.open === true ? [{}] : [{}, ...Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] }))],
    responses: responses(route, method),
  };
}

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  topic: 'A topic; for searches also comma lists, patterns with * and _all.',
  id: 'Of a record partition:offset; of a deletion of a key what its answer said.',
  key: 'The key of the records, written as [encoding] says.',
  job: 'A kind of job, or the id of one.',
  module: 'A module that logs, or root.',
  namespace: 'A namespace of the catalog; levels are joined by %1F.',
  table: 'A table of the namespace.',
};

function pathParameters(route: Route): object[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    description: PATH_PARAMETERS[name ?? ''] ?? '',
  }));
}

function queryParameter({ name, type, doc }: ParameterDoc): object {
  return { name, in: 'query', required: false, schema: { type }, description: doc };
}

function responses(route: Route, method: string): object {
  const { contentType, schema } = route.answer;
  const content =
    contentType === JSON_TYPE
      ? { [JSON_TYPE]: { schema }, 'application/msgpack': { schema } }
      : { [contentType]: { schema } };
  const errorContent = { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Error' } } };
  const needed = route.needs === undefined ? {} : { 403: `No right to ${route.needs} the cluster.` };
  const others = Object.entries({ ...needed, ...route.otherStatuses }).map(([status, description]) => [
    status,
    { description, content: errorContent },
  ]);
  return {
    200: { description: 'OK', ...(method !== 'HEAD' && { content }) },
    ...Object.fromEntries(others),
    default: { description: 'An error with a sentence that says what is wrong.', content: errorContent },
  };
}
