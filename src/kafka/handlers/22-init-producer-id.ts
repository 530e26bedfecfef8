/**
 * InitProducerId v0–5. Without a transactional id each request gets a fresh producer id with epoch 0, as in Kafka; a producer that recovers after an error
 * raises its epoch itself (KIP-360). With one, the producer gets the id's producer id with the next epoch, and whoever had it before is fenced; a transaction
 * that is going on is aborted first, and the producer told to ask again. Needs IDEMPOTENT_WRITE on the cluster or WRITE on any topic (KIP-679), and WRITE on the
 * transactional id where there is one.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { initProducerIdApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { Logger } from '../../base/logger.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { ProducerIds } from '../../coordination/transactions/producer-ids.ts';
import type { ProducerIdentity } from '../../coordination/transactions/types.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { fencedBefore } from './transaction-codes.ts';

const NONE = -1;
const PRODUCER_FENCED_SINCE = 4;

type Request = RequestOf<typeof initProducerIdApi>;

function refusal(request: Request, { may, mayAny }: RequestContext): number {
  const { transactionalId, producerId, producerEpoch } = request;
  if (transactionalId === null) {
    if (!may('idempotent-write', 'cluster', CLUSTER_NAME) && !mayAny('write', 'topic'))
      return errorCode.CLUSTER_AUTHORIZATION_FAILED;
  } else if (!may('write', 'transactional-id', transactionalId)) return errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  return (producerId === NONE) === (producerEpoch === NONE) ? errorCode.NONE : errorCode.INVALID_REQUEST;
}

const answer = (code: number, { producerId, producerEpoch }: ProducerIdentity) => ({
  errorCode: code,
  producerId,
  producerEpoch,
});

const NOBODY: ProducerIdentity = { producerId: NONE, producerEpoch: NONE };

export function initProducerIdHandler(
  producerIds: ProducerIds,
  transactions: TransactionCoordinator,
  logger: Logger,
): Handler {
  const idempotent = async () => {
    try {
      return answer(errorCode.NONE, { producerId: await producerIds.next(), producerEpoch: 0 });
    } catch (error) {
      logger.error({ err: error }, 'cannot allocate producer ids');
      return answer(errorCode.COORDINATOR_LOAD_IN_PROGRESS, NOBODY);
    }
  };
  return handler(initProducerIdApi, async (request, context) => {
    const refused = refusal(request, context);
    if (refused !== errorCode.NONE) return answer(refused, NOBODY);
    const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request;
    if (transactionalId === null) return idempotent();
    const expected = producerId === NONE ? undefined : { producerId, producerEpoch };
    const reply = await transactions.initProducer({ transactionalId, timeoutMs, expected });
    return answer(fencedBefore(PRODUCER_FENCED_SINCE, context.apiVersion, reply.error), reply);
  });
}
