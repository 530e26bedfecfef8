import { bytes, defineApi, int16, int32, int64, saturated64 } from '../schema/index.ts';

/**
 * Ends a delegation token (KIP-48). v2 flexible.
 */
export const expireDelegationTokenApi = defineApi({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexible: 2,
  request: {
    hmac: bytes(),
    expiryTimePeriodMs: saturated64(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32({ default: 0 }),
  },
});
