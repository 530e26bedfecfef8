import type { Clock } from '../../base/clock.ts';
import type { TokenValidator } from '../sasl/oauthbearer.ts';
import type { KeySource } from './key-source.ts';
import { checkToken, type TokenRules } from './token.ts';

/** Believes tokens that are signed with a key of the source and keep the rules. A token with an unknown key makes the source look for new ones. */
export function jwtValidator(source: KeySource, clock: Clock, rules: TokenRules): TokenValidator {
  return (token) => {
    const outcome = checkToken(token, source.keys, rules, clock.now());
    if ('subject' in outcome) return { name: outcome.subject, expires: outcome.expires };
    if (outcome.unknownKey === true) source.expedite();
    return { refused: outcome.refused };
  };
}
