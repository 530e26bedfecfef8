// CreateDelegationToken v1-3 (KIP-48, KIP-373): a secret by which others log in as the owner (SCRAM with tokenauth=true). For another owner than oneself
// one needs CREATE_TOKENS on that user.
import { errorCode } from '../../../protocol/errors.ts';
import { createDelegationTokenApi } from '../../../protocol/messages/index.ts';
import type { DelegationTokens } from '../../security/delegation-tokens.ts';
import { type Handler, handler } from '../handler.ts';
import { mayAskForTokens, NO_TIME, partsOf } from './token-principals.ts';

/** Kafka says nothing of the times where its controller refuses. */
const ZERO_TIMES = { issueTimestampMs: 0, expiryTimestampMs: 0, maxTimestampMs: 0 };
const NO_TIMES = { issueTimestampMs: NO_TIME, expiryTimestampMs: NO_TIME, maxTimestampMs: NO_TIME };

export function createDelegationTokenHandler(tokens: DelegationTokens): Handler {
  return handler(createDelegationTokenApi, async (request, context) => {
    const requester = context.principal;
    const { ownerPrincipalType: type, ownerPrincipalName: name } = request;
    const owner = name === null || name === undefined || name === '' ? requester : `${type ?? ''}:${name}`;
    const whose = {
      ...partsOf(owner),
      tokenRequesterPrincipalType: partsOf(requester).principalType,
      tokenRequesterPrincipalName: partsOf(requester).principalName,
    };
    const nothing = { ...whose, ...NO_TIMES, tokenId: '', hmac: new Uint8Array(0) };
    if (!mayAskForTokens(context)) return { ...nothing, errorCode: errorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED };
    if (owner !== requester && !context.may('create-tokens', 'user', owner))
      return { ...nothing, errorCode: errorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED };
    const renewers = request.renewers.map(({ principalType, principalName }) => `${principalType}:${principalName}`);
    const made = await tokens.create({ owner, requester, renewers, maxLifetimeMs: request.maxLifetimeMs });
    if ('error' in made) {
      const times = made.error === 'DELEGATION_TOKEN_AUTH_DISABLED' ? ZERO_TIMES : NO_TIMES;
      return { ...nothing, ...times, errorCode: errorCode[made.error] };
    }
    const { tokenId, issued, expires, maxExpires } = made.token;
    return {
      ...whose,
      errorCode: errorCode.NONE,
      issueTimestampMs: issued,
      expiryTimestampMs: expires,
      maxTimestampMs: maxExpires,
      tokenId,
      hmac: made.hmac,
    };
  });
}
