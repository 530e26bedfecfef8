import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../base/random.ts';
import type { PlainUsers } from './sasl/plain.ts';
import { credentialOf, saltPassword, type ScramCredential, type ScramHash } from './sasl/scram-keys.ts';
import type { ScramUsers } from './scram-users.ts';

const KEY_BYTES = 32;
const REMEMBERED = 1000;
/** Passwords that wait to be salted; the thread pool, which the log needs too, salts one at a time. */
const MAX_WAITING = 64;

/** There are too many passwords to be checked; try again. */
export class TooManyChecks extends Error {
  override readonly name = 'TooManyChecks';
}

export interface PasswordCheckParts {
  /** Users of PLAIN. */
  readonly plain: readonly PlainUsers[];
  readonly scram: ScramUsers;
  /** Mechanisms whose users may log in; the first that a user has a credential for counts. */
  readonly hashes: readonly ScramHash[];
  readonly random: Random;
}

/** Checks passwords that are sent as they are, against users of PLAIN and SCRAM. Salting takes milliseconds, so what was right is remembered. */
export class PasswordCheck {
  readonly #parts: PasswordCheckParts;
  /** Keys are HMACs under a key of this process; values the credential that was right, which a change replaces. */
  readonly #remembered = new Map<string, ScramCredential>();
  readonly #key: Uint8Array;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: PasswordCheckParts) {
    this.#parts = parts;
    this.#key = parts.random.bytes(KEY_BYTES);
  }

  /** Whether the password is that of the user. Takes as long for unknown users. Rejects with TooManyChecks. */
  async verify(name: string, password: string): Promise<boolean> {
    const { plain, scram, hashes } = this.#parts;
    if (plain.some((users) => users.verify(name, password))) return true;
    const hash = hashes.find((one) => scram.get(one, name) !== undefined) ?? hashes[0];
    if (hash === undefined) return false;
    const known = scram.get(hash, name);
    const remembered = createHmac('sha256', this.#key).update(`${name}\0${password}`, 'utf8').digest('base64');
    if (known !== undefined && this.#remembered.get(remembered) === known) return true;
    const asked = known ?? scram.decoy(hash, name);
    const salted = await this.#inTurn(() => saltPassword(hash, password, asked.salt, asked.iterations));
    const given = credentialOf(hash, salted, asked.salt, asked.iterations);
    const equal = timingSafeEqual(given.storedKey, asked.storedKey);
    if (known === undefined || !equal) return false;
    this.#remember(remembered, known);
    return true;
  }

  #remember(key: string, credential: ScramCredential): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, credential);
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw new TooManyChecks('too many passwords wait to be checked');
    this.#waiting++;
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}
