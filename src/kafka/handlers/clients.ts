import type { DelegationTokens } from '../../security/delegation-tokens.ts';
import type { ScramUsers } from '../../security/scram-users.ts';
import type { Handler } from '../handler.ts';
import { createDelegationTokenHandler } from './38-create-delegation-token.ts';
import { renewDelegationTokenHandler } from './39-renew-delegation-token.ts';
import { expireDelegationTokenHandler } from './40-expire-delegation-token.ts';
import { describeDelegationTokenHandler } from './41-describe-delegation-token.ts';
import { describeUserScramCredentialsHandler } from './50-describe-user-scram-credentials.ts';
import { alterUserScramCredentialsHandler } from './51-alter-user-scram-credentials.ts';

/** The handlers of what clients log in with. */
export function clientHandlers(scram: ScramUsers, tokens: DelegationTokens): Handler[] {
  return [
    createDelegationTokenHandler(tokens),
    renewDelegationTokenHandler(tokens),
    expireDelegationTokenHandler(tokens),
    describeDelegationTokenHandler(tokens),
    describeUserScramCredentialsHandler(scram),
    alterUserScramCredentialsHandler(scram),
  ];
}
