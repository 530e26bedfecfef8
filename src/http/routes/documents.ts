import { DocumentService } from '../../search/documents.ts';
import { sourceFilterOfUrl } from '../../search/request.ts';
import { filterSource } from '../../search/source-filter.ts';
import type { HttpDeps } from '../deps.ts';
import { HttpError } from '../error.ts';
import type { ParameterDoc, Route } from '../route.ts';
import { readable } from './search.ts';
import { anyObject, flag, integer, JSON_TYPE, object, text } from '../schemas.ts';

const PARAMETERS: readonly ParameterDoc[] = [
  { name: '_source', type: 'string', doc: 'true, false, or a comma list of fields.' },
  { name: '_source_includes', type: 'string', doc: 'Comma list of fields to show.' },
  { name: '_source_excludes', type: 'string', doc: 'Comma list of fields to leave out.' },
  { name: 'realtime', type: 'boolean', doc: 'Taken for compatibility; an answer is always of the log itself.' },
  { name: 'refresh', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
  { name: 'preference', type: 'string', doc: 'Taken for compatibility; without effect.' },
  { name: 'routing', type: 'string', doc: 'Taken for compatibility; without effect.' },
];

/** Single records by `partition:offset`. */
export function documentRoutes(deps: HttpDeps): Route[] {
  const documents = new DocumentService(deps.search);
  return [
    {
      methods: ['GET'],
      path: '/{topic}/_doc/{id}',
      summary: 'One record by its id, partition:offset',
      tag: 'documents',
      query: PARAMETERS,
      answer: {
        contentType: JSON_TYPE,
        schema: object({ _index: text, _id: text, found: flag, _seq_no: integer, _source: anyObject }),
      },
      otherStatuses: { 403: 'The topic may not be read.', 404: 'No such topic or record.' },
      async handle({ params, query, budget, may }) {
        const { topic = '', id = '' } = params;
        const filter = sourceFilterOfUrl(query);
        const source = await documents.get(readable(deps, { may }), topic, id, budget);
        if (source === undefined) return { status: 404, body: { _index: topic, _id: id, found: false } };
        const shown = filter.enabled ? { _source: filterSource(source, filter) } : {};
        // A record is written once: its version is 1, its sequence number its offset.
        const offset = Number(id.slice(id.indexOf(':') + 1));
        return {
          body: { _index: topic, _id: id, _version: 1, _seq_no: offset, _primary_term: 1, found: true, ...shown },
        };
      },
    },
    {
      methods: ['GET'],
      path: '/{topic}/_source/{id}',
      summary: 'The document of one record, by itself',
      tag: 'documents',
      query: PARAMETERS,
      answer: { contentType: JSON_TYPE, schema: anyObject },
      otherStatuses: { 403: 'The topic may not be read.', 404: 'No such topic or record.' },
      async handle({ params, query, budget, may }) {
        const { topic = '', id = '' } = params;
        const filter = sourceFilterOfUrl(query);
        if (!filter.enabled)
          throw new HttpError(400, 'action_request_validation_exception', 'fetching source can not be disabled');
        const source = await documents.get(readable(deps, { may }), topic, id, budget);
        if (source === undefined) {
          throw new HttpError(
            404,
            'resource_not_found_exception',
            `Document not found [${topic.slice(0, 300)}]/[${id.slice(0, 100)}]`,
          );
        }
        return { body: filterSource(source, filter) };
      },
    },
  ];
}
