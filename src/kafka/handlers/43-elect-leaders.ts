// ElectLeaders v0-2: this broker leads every partition for ever, so no election is needed, preferred or unclean. Asked for all partitions
// (null), none of a topic's is told, as in Apache Kafka. Needs ALTER on the cluster.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { electLeadersApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAlterCluster } from './cluster-rights.ts';

type Wanted = RequestOf<typeof electLeadersApi>['topicPartitions'];

const PREFERRED = 0;
const UNCLEAN = 1;

interface Outcome {
  readonly code: number;
  readonly message: string | null;
}

export function electLeadersHandler(catalog: Pick<TopicCatalog, 'byName' | 'all'>): Handler {
  const election = (topic: string, partition: number): Outcome => {
    const found = catalog.byName(topic);
    if (found === undefined)
      return { code: errorCode.UNKNOWN_TOPIC_OR_PARTITION, message: `No such topic as ${topic}` };
    if (partition < 0 || partition >= found.partitions)
      return { code: errorCode.UNKNOWN_TOPIC_OR_PARTITION, message: `No such partition as ${topic}-${partition}` };
    return { code: errorCode.ELECTION_NOT_NEEDED, message: errorMessage(errorCode.ELECTION_NOT_NEEDED) };
  };
  return handler(electLeadersApi, ({ electionType, topicPartitions }, context) => {
    if (!mayAlterCluster(context)) return refuseAll(topicPartitions, errorCode.CLUSTER_AUTHORIZATION_FAILED);
    if (electionType !== PREFERRED && electionType !== UNCLEAN)
      return refuseAll(topicPartitions, errorCode.INVALID_REQUEST);
    if (topicPartitions === null) {
      const topics = catalog.all().map(({ name }) => ({ topic: name, partitionResult: [] }));
      return { errorCode: errorCode.NONE, replicaElectionResults: topics };
    }
    return { errorCode: errorCode.NONE, replicaElectionResults: resultsOf(topicPartitions, election) };
  });
}

function refuseAll(wanted: Wanted, code: number) {
  const outcome: Outcome = { code, message: errorMessage(code) };
  return { errorCode: code, replicaElectionResults: resultsOf(wanted ?? [], () => outcome) };
}

function resultsOf(wanted: NonNullable<Wanted>, outcomeOf: (topic: string, partition: number) => Outcome) {
  return wanted.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => {
      const { code, message } = outcomeOf(topic, partitionId);
      return { partitionId, errorCode: code, errorMessage: message };
    }),
  }));
}
