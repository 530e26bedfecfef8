import type { HttpDeps } from '../deps.ts';
import type { Route } from '../route.ts';
import { anyObject, integer, JSON_TYPE, object, text } from '../schemas.ts';
import { HEALTH_COLOUR } from './cat.ts';
import { overall } from './health.ts';

/** The version of Elasticsearch whose interface is followed; clients choose their dialect by it. */
const FOLLOWED_VERSION = '8.19.0';

/** Who answers, and how the whole is, in Elasticsearch's words. */
export function clusterRoutes(deps: HttpDeps): Route[] {
  return [aboutRoute(deps), clusterHealthRoute(deps)];
}

function aboutRoute({ info }: HttpDeps): Route {
  return {
    methods: ['GET'],
    path: '/',
    summary: 'Who answers',
    tag: 'about',
    always: true,
    answer: {
      contentType: JSON_TYPE,
      schema: object({ name: text, cluster_name: text, version: anyObject, tagline: text }),
    },
    handle: () => ({
      body: {
        name: info.name,
        cluster_name: info.clusterName,
        cluster_uuid: info.clusterId,
        version: {
          number: FOLLOWED_VERSION,
          build_flavor: 'default',
          build_type: 'quarry',
          build_snapshot: false,
          lucene_version: '9.12.0',
          minimum_wire_compatibility_version: '7.17.0',
          minimum_index_compatibility_version: '7.0.0',
          quarry: info.version,
        },
        tagline: 'You Know, for Search',
      },
    }),
  };
}

function clusterHealthRoute(deps: HttpDeps): Route {
  return {
    methods: ['GET'],
    path: '/_cluster/health',
    summary: 'Health in one word',
    tag: 'cluster',
    needs: 'describe',
    always: true,
    query: [
      { name: 'wait_for_status', type: 'string', doc: 'Taken for compatibility; the answer comes at once.' },
      { name: 'timeout', type: 'string', doc: 'Taken for compatibility; the answer comes at once.' },
      { name: 'level', type: 'string', doc: 'Taken for compatibility; without effect.' },
      { name: 'local', type: 'boolean', doc: 'Taken for compatibility; without effect.' },
    ],
    answer: { contentType: JSON_TYPE, schema: object({ cluster_name: text, status: text, active_shards: integer }) },
    async handle() {
      const status = HEALTH_COLOUR[overall(await deps.health.parts())];
      const shards = deps.search.catalog.topics().reduce((sum, topic) => sum + topic.partitions, 0);
      return {
        body: {
          cluster_name: deps.info.clusterName,
          status,
          timed_out: false,
          number_of_nodes: 1,
          number_of_data_nodes: 1,
          active_primary_shards: shards,
          active_shards: shards,
          relocating_shards: 0,
          initializing_shards: 0,
          unassigned_shards: 0,
          delayed_unassigned_shards: 0,
          number_of_pending_tasks: 0,
          number_of_in_flight_fetch: 0,
          task_max_waiting_in_queue_millis: 0,
          active_shards_percent_as_number: 100,
        },
      };
    },
  };
}
