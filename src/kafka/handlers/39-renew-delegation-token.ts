// RenewDelegationToken v1-2 (KIP-48): owner and renewers put off the time at which a token expires, up to its longest life.
import { errorCode } from '../../../protocol/errors.ts';
import { renewDelegationTokenApi } from '../../../protocol/messages/index.ts';
import type { DelegationTokens } from '../../security/delegation-tokens.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAskForTokens, NO_TIME } from './token-principals.ts';

export function renewDelegationTokenHandler(tokens: DelegationTokens): Handler {
  return handler(renewDelegationTokenApi, async ({ hmac, renewPeriodMs }, context) => {
    if (!mayAskForTokens(context))
      return { errorCode: errorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, expiryTimestampMs: NO_TIME };
    const renewed = await tokens.renew(context.principal, hmac, renewPeriodMs);
    if ('error' in renewed) return { errorCode: errorCode[renewed.error], expiryTimestampMs: 0 };
    return { errorCode: errorCode.NONE, expiryTimestampMs: renewed.expires };
  });
}
