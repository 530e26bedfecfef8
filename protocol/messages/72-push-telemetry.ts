import { bool, bytes, defineApi, int16, int32, int8, uuid } from '../schema/index.ts';

/**
 * Metrics of a client (KIP-714).
 */
export const pushTelemetryApi = defineApi({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexible: 0,
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
});
