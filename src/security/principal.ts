/** Kafka's text form of somebody who did not say who they are. */
export const ANONYMOUS = 'User:ANONYMOUS';

/** Kafka's text form of a user. */
export function userPrincipal(name: string): string {
  return `User:${name}`;
}

/** What every connection of a listener goes through: encryption (SSL), saying who one is (SASL), both or neither. */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

/** The type of a principal in Kafka's text form: what stands before the first colon. */
export function typeOf(principal: string): string {
  return principal.slice(0, Math.max(0, principal.indexOf(':')));
}

/** The name of a principal in Kafka's text form. */
export function nameOf(principal: string): string {
  return principal.slice(principal.indexOf(':') + 1);
}
