// ListPartitionReassignments v0 (KIP-455): with one broker no partition is ever on its way to another, so the list is empty. Topics that do
// not exist are no error, as in Apache Kafka. Needs DESCRIBE on the cluster.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { listPartitionReassignmentsApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';
import { mayDescribeCluster } from './cluster-rights.ts';

export function listPartitionReassignmentsHandler(): Handler {
  return handler(listPartitionReassignmentsApi, (_, context) => {
    if (mayDescribeCluster(context)) return { errorCode: errorCode.NONE, errorMessage: null, topics: [] };
    const code = errorCode.CLUSTER_AUTHORIZATION_FAILED;
    return { errorCode: code, errorMessage: errorMessage(code), topics: [] };
  });
}
