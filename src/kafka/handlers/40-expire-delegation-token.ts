// ExpireDelegationToken v1-2 (KIP-48): owner and renewers set when a token expires, or end it at once with a negative period.
import { errorCode } from '../../../protocol/errors.ts';
import { expireDelegationTokenApi } from '../../../protocol/messages/index.ts';
import type { DelegationTokens } from '../../security/delegation-tokens.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAskForTokens, NO_TIME } from './token-principals.ts';

export function expireDelegationTokenHandler(tokens: DelegationTokens): Handler {
  return handler(expireDelegationTokenApi, async ({ hmac, expiryTimePeriodMs }, context) => {
    if (!mayAskForTokens(context))
      return { errorCode: errorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, expiryTimestampMs: NO_TIME };
    const expired = await tokens.expire(context.principal, hmac, expiryTimePeriodMs);
    if ('error' in expired) return { errorCode: errorCode[expired.error], expiryTimestampMs: 0 };
    return { errorCode: errorCode.NONE, expiryTimestampMs: expired.expires };
  });
}
