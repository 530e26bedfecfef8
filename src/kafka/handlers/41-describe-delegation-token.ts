// DescribeDelegationToken v1-3 (KIP-48, KIP-373): the tokens that one owns or may renew, and others with DESCRIBE on the token or DESCRIBE_TOKENS on its owner.
// No list of owners means all; an empty one means none.
import { errorCode } from '../../../protocol/errors.ts';
import { describeDelegationTokenApi } from '../../../protocol/messages/index.ts';
import { belongsTo, type DelegationTokens, type IssuedToken } from '../../security/delegation-tokens.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { mayAskForTokens, partsOf } from './token-principals.ts';

export function describeDelegationTokenHandler(tokens: DelegationTokens): Handler {
  return handler(describeDelegationTokenApi, ({ owners }, context) => {
    if (!mayAskForTokens(context)) return { errorCode: errorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, tokens: [] };
    if (!tokens.enabled) return { errorCode: errorCode.DELEGATION_TOKEN_AUTH_DISABLED, tokens: [] };
    const asked = owners?.map(({ principalType, principalName }) => `${principalType}:${principalName}`);
    const found = tokens
      .all()
      .filter(({ token }) => asked === undefined || asked.some((owner) => belongsTo(token, owner)))
      .filter((issued) => maySee(issued, context));
    return { errorCode: errorCode.NONE, tokens: found.map(described) };
  });
}

function maySee({ token }: IssuedToken, { principal, may }: RequestContext): boolean {
  return (
    belongsTo(token, principal) ||
    may('describe', 'delegation-token', token.tokenId) ||
    may('describe-tokens', 'user', token.owner)
  );
}

function described({ token, hmac }: IssuedToken) {
  const { principalType, principalName } = partsOf(token.requester);
  return {
    ...partsOf(token.owner),
    tokenRequesterPrincipalType: principalType,
    tokenRequesterPrincipalName: principalName,
    issueTimestamp: token.issued,
    expiryTimestamp: token.expires,
    maxTimestamp: token.maxExpires,
    tokenId: token.tokenId,
    hmac,
    renewers: token.renewers.map(partsOf),
  };
}
