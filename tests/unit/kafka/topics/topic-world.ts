import type { Api, Fields, RequestInputOf, ResponseOutputOf } from '../../../../protocol/schema/index.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../../protocol/schema/index.ts';
import type { RequestContext } from '../../../../src/kafka/handler.ts';
import { type TopicHandlerDependencies, topicHandlers } from '../../../../src/kafka/handlers/topics.ts';
import type { Log, PartitionLog } from '../../../../src/log/types.ts';
import { type CatalogWorld, NODE_ID, openWorld } from '../../log/catalog-world.ts';

export interface TopicWorld extends CatalogWorld {
  /** Sends a request through the codec to its handler, and the answer back through the codec. */
  readonly call: <Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    request: RequestInputOf<Api<Q, P>>,
  ) => Promise<ResponseOutputOf<Api<Q, P>>>;
}

const PARTITION_BYTES = 123;
const LEADER_EPOCH = 4;

function logOf({ log }: CatalogWorld): Pick<Log, 'partition'> {
  const shown = { sizeBytes: PARTITION_BYTES, leaderEpoch: LEADER_EPOCH } as unknown as PartitionLog;
  return {
    partition: (name, partition) => {
      const topic = [...log.topics.values()].find((candidate) => candidate.name === name);
      return topic !== undefined && partition < topic.partitions ? shown : undefined;
    },
  };
}

/** The handlers of topics over a catalog in memory. */
export async function openTopicWorld(changes: Partial<TopicHandlerDependencies> = {}): Promise<TopicWorld> {
  const world = await openWorld();
  const handlers = topicHandlers({
    catalog: world.catalog,
    log: logOf(world),
    cluster: { clusterId: 'test-cluster', nodeId: NODE_ID, rack: 'r1' },
    directory: { path: '/data', space: () => Promise.resolve({ totalBytes: 1000, usableBytes: 400 }) },
    autoCreate: true,
    deleteEnabled: true,
    defaultPartitions: 2,
    ...changes,
  });
  return {
    ...world,
    async call(api, version, request) {
      const handler = handlers.find((candidate) => candidate.api.key === api.key)!;
      const decoded = decodeRequest(api, version, Buffer.concat(encodeRequest(api, version, request as never)));
      const context: RequestContext = {
        apiVersion: version,
        clientId: 'test',
        clientHost: '127.0.0.1',
        listener: { name: 'PLAINTEXT', host: 'broker.example', port: 9092 },
        principal: 'User:ANONYMOUS',
        may: () => true,
        mayAny: () => true,
        connectionId: 1,
        signal: new AbortController().signal,
        afterSent() {},
      };
      const answer = await handler.handle(decoded, context);
      return decodeResponse(api, version, Buffer.concat(encodeResponse(api, version, answer as never))) as never;
    },
  };
}
