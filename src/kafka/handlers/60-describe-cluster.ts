// DescribeCluster v0-2: this one broker, which is also the controller. Who asks for controllers (endpoint type 2) is at the wrong
// listener, as with Apache Kafka; no broker is ever fenced.
import { errorCode } from '../../../protocol/errors.ts';
import { describeClusterApi } from '../../../protocol/messages/index.ts';
import { clusterOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler } from '../handler.ts';
import type { ClusterView } from './cluster-view.ts';

const BROKERS = 1;
const CONTROLLERS = 2;

export function describeClusterHandler({ clusterId, nodeId, rack }: ClusterView): Handler {
  return handler(describeClusterApi, ({ endpointType, includeClusterAuthorizedOperations }, context) => {
    const { listener } = context;
    if (endpointType !== BROKERS) return wrongEndpoint(endpointType);
    return {
      errorCode: errorCode.NONE,
      clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host: listener.host, port: listener.port, rack, isFenced: false }],
      clusterAuthorizedOperations: includeClusterAuthorizedOperations ? clusterOperations(context) : NOT_ASKED,
    };
  });
}

function wrongEndpoint(endpointType: number) {
  const known = endpointType === CONTROLLERS;
  return {
    errorCode: known ? errorCode.MISMATCHED_ENDPOINT_TYPE : errorCode.UNSUPPORTED_ENDPOINT_TYPE,
    errorMessage: known
      ? 'This listener is for brokers, not for controllers.'
      : `Unsupported endpoint type ${endpointType}`,
    clusterId: '',
    brokers: [],
  };
}
