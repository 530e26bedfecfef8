import { createHash, timingSafeEqual } from 'node:crypto';
import type { LoginModule } from '../jaas.ts';
import type { SaslMechanism, SaslStep } from './exchange.ts';

export const PLAIN = 'PLAIN';

const USER = 'user_';
const WRONG = 'Authentication failed: Invalid username or password';

function failed(message: string): SaslStep {
  return { kind: 'failed', message, reason: message };
}

/** The users of PLAIN with their passwords. */
export class PlainUsers {
  readonly #digests = new Map<string, Uint8Array>();

  /** Takes the options `user_NAME="PASSWORD"` of Kafka's PlainLoginModule. */
  constructor(modules: readonly LoginModule[]) {
    for (const { name, options } of modules) {
      if (!name.endsWith('PlainLoginModule')) continue;
      for (const [option, password] of options)
        if (option.startsWith(USER)) this.#digests.set(option.slice(USER.length), digest(password));
    }
  }

  get size(): number {
    return this.#digests.size;
  }

  /** Takes as long for an unknown user as for a wrong password of any length. */
  verify(name: string, password: string): boolean {
    const known = this.#digests.get(name);
    const given = digest(password);
    const equal = timingSafeEqual(given, known ?? NOBODY);
    return known !== undefined && equal;
  }
}

function digest(password: string): Uint8Array {
  return createHash('sha256').update(password, 'utf8').digest();
}

const NOBODY = digest('');

/** PLAIN (RFC 4616): the client sends its name and its password, so it belongs on TLS. Messages are Kafka's. */
export function plainMechanism(users: PlainUsers): SaslMechanism {
  return { name: PLAIN, begin: () => ({ next: (token) => verify(users, token) }) };
}

function verify(users: PlainUsers, token: Uint8Array): SaslStep {
  const parts = Buffer.from(token).toString('utf8').split('\0', 4);
  if (parts.length !== 3) return failed(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`);
  const [authorizationId, name, password] = parts as [string, string, string];
  if (name === '') return failed('Authentication failed: username not specified');
  if (password === '') return failed('Authentication failed: password not specified');
  if (!users.verify(name, password)) return failed(WRONG);
  if (authorizationId !== '' && authorizationId !== name)
    return failed('Authentication failed: Client requested an authorization id that is different from username');
  return { kind: 'done', token: new Uint8Array(0), identity: { name } };
}
