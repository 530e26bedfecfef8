/** Kafka's text form of somebody who did not say who they are. */
export const ANONYMOUS = 'User:ANONYMOUS';

/** Kafka's text form of a user. */
export function userPrincipal(name: string): string {
  return `User:${name}`;
}

/** What every connection of a listener goes through: encryption (SSL), saying who one is (SASL), both or neither. */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
