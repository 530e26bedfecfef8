import type { RequestContext } from '../handler.ts';
import { ANONYMOUS, nameOf, typeOf } from '../../security/principal.ts';

/** A principal as the messages of delegation tokens have it. */
export interface PrincipalParts {
  readonly principalType: string;
  readonly principalName: string;
}

/** Takes Kafka's text form of a principal apart. */
export function partsOf(principal: string): PrincipalParts {
  return { principalType: typeOf(principal), principalName: nameOf(principal) };
}

/**
 * Whether the connection may ask for delegation tokens: its client has to be known, and not by a token, which would then live for ever by its
 * successors (KIP-48).
 */
export function mayAskForTokens({ principal, session }: RequestContext): boolean {
  if (session.byToken || session.protocol === 'PLAINTEXT') return false;
  return session.protocol !== 'SSL' || principal !== ANONYMOUS;
}

/** What stands for a time in answers that refuse. */
export const NO_TIME = -1;
