/**
 * InitProducerId v0–5, for idempotent producers. Each request without a transactional id gets a fresh producer id with epoch 0, as in Kafka; a producer that
 * recovers after an error raises its epoch itself (KIP-360). Needs IDEMPOTENT_WRITE on the cluster, or WRITE on any topic (KIP-679). Transactional ids are refused: there are no transactions yet.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { initProducerIdApi } from '../../../protocol/messages/index.ts';
import type { Logger } from '../../base/logger.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import type { ProducerIds } from '../producer-ids.ts';

const NONE = -1;

export function initProducerIdHandler(producerIds: ProducerIds, logger: Logger): Handler {
  return handler(initProducerIdApi, async (request, { may, mayAny }) => {
    const refuse = (code: number) => ({ errorCode: code, producerId: NONE, producerEpoch: NONE });
    if (
      request.transactionalId === null &&
      !may('idempotent-write', 'cluster', CLUSTER_NAME) &&
      !mayAny('write', 'topic')
    )
      return refuse(errorCode.CLUSTER_AUTHORIZATION_FAILED);
    if ((request.producerId === NONE) !== (request.producerEpoch === NONE)) return refuse(errorCode.INVALID_REQUEST);
    if (request.transactionalId === '') return refuse(errorCode.INVALID_REQUEST);
    if (request.transactionalId !== null) return refuse(errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    try {
      return { errorCode: errorCode.NONE, producerId: await producerIds.next(), producerEpoch: 0 };
    } catch (error) {
      logger.error({ err: error }, 'cannot allocate producer ids');
      return refuse(errorCode.COORDINATOR_LOAD_IN_PROGRESS);
    }
  });
}
