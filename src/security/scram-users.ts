import { createHmac } from 'node:crypto';
import { present } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import { metaValue } from '../metadata/meta.ts';
import {
  removeScramCredential,
  saveScramCredential,
  type ScramCredentialRow,
  scramCredentialRows,
} from '../metadata/scram-credentials.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { credentialOf, MIN_ITERATIONS, SCRAM_HASHES, type ScramCredential, type ScramHash } from './sasl/scram-keys.ts';

/** A credential to be stored, as clients send it: the password is salted by them already. */
export interface ScramUpsertion {
  readonly user: string;
  readonly scram: ScramHash;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly saltedPassword: Uint8Array;
}

export interface ScramDeletion {
  readonly user: string;
  readonly scram: ScramHash;
}

const DECOY_KEY_BYTES = 32;
const SALT_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** As Kafka's tools make them: 130 bits in letters and digits. */
const SALT_LENGTH = 26;

/** Letters and digits that nobody can foretell, for salts and nonces. */
export function randomLetters(random: Random): string {
  return letters(random.bytes(SALT_LENGTH * 2));
}

/** Two bytes for a letter, so that no letter comes noticeably more often. */
function letters(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2)
    text += SALT_LETTERS[(bytes[at]! * 256 + bytes[at + 1]!) % SALT_LETTERS.length];
  return text;
}

/** The users of SCRAM: stored in SQL, and in memory for logins. Empty until `load`. */
export class ScramUsers {
  /** By mechanism, then by user. */
  readonly #credentials = new Map<string, Map<string, ScramCredential>>();
  #sql: SqlEngine | undefined;
  #decoyKey: Uint8Array = new Uint8Array(0);

  /** Reads all of them. To be called once, before anybody logs in. */
  async load(sql: SqlEngine, random: Random): Promise<void> {
    const made = Buffer.from(random.bytes(DECOY_KEY_BYTES)).toString('base64');
    this.#decoyKey = Buffer.from(await metaValue(sql, 'scram.decoy.key', made), 'base64');
    for (const row of await scramCredentialRows(sql)) this.#ofMechanism(row.mechanism).set(row.user, credentialIn(row));
    this.#sql = sql;
  }

  get(scram: ScramHash, user: string): ScramCredential | undefined {
    return this.#credentials.get(scram.mechanism)?.get(user);
  }

  /** All users, sorted. */
  users(): string[] {
    const names = [...this.#credentials.values()].flatMap((users) => [...users.keys()]);
    return [...new Set(names)].sort();
  }

  /** The mechanisms that a user has credentials for; none for an unknown user. */
  mechanismsOf(user: string): { readonly scram: ScramHash; readonly iterations: number }[] {
    return SCRAM_HASHES.flatMap((scram) => {
      const credential = this.get(scram, user);
      return credential === undefined ? [] : [{ scram, iterations: credential.iterations }];
    });
  }

  /** Stores and deletes, all or nothing; logins see it when it is durable. */
  async alter(deletions: readonly ScramDeletion[], upsertions: readonly ScramUpsertion[]): Promise<void> {
    const stored = upsertions.map(({ user, scram, iterations, salt, saltedPassword }) => {
      return { user, scram, credential: credentialOf(scram, saltedPassword, salt, iterations) };
    });
    await present(this.#sql, 'loaded users').transaction([
      ...deletions.map(({ user, scram }) => removeScramCredential(user, scram.mechanism)),
      ...stored.map(({ user, scram, credential }) => saveScramCredential(rowOf(user, scram, credential))),
    ]);
    for (const { user, scram } of deletions) this.#ofMechanism(scram.mechanism).delete(user);
    for (const { user, scram, credential } of stored) this.#ofMechanism(scram.mechanism).set(user, credential);
  }

  /**
   * A credential that nobody has the password for: what an unknown user is asked with. It is the same at each time and after each start, and has the form
   * of one that is stored, so that nobody can tell which users there are.
   */
  decoy(scram: ScramHash, user: string): ScramCredential {
    const mac = (purpose: string): Buffer =>
      createHmac('sha512', this.#decoyKey).update(`${purpose} ${scram.mechanism} ${user}`).digest();
    const users = this.#ofMechanism(scram.mechanism);
    const like = users.size === 0 ? undefined : [...users.values()][mac('form').readUInt32BE(0) % users.size];
    const stream = Buffer.concat([mac('salt'), mac('more'), mac('most')]);
    const length = Math.min(like?.salt.length ?? SALT_LENGTH, stream.length / 2);
    const inLetters = like === undefined || like.salt.every((byte) => SALT_LETTERS.includes(String.fromCharCode(byte)));
    return {
      salt: inLetters ? Buffer.from(letters(stream).slice(0, length)) : stream.subarray(0, length),
      iterations: like?.iterations ?? MIN_ITERATIONS,
      storedKey: mac('stored').subarray(0, scram.bytes),
      serverKey: mac('server').subarray(0, scram.bytes),
    };
  }

  #ofMechanism(mechanism: string): Map<string, ScramCredential> {
    let users = this.#credentials.get(mechanism);
    if (users === undefined) {
      users = new Map();
      this.#credentials.set(mechanism, users);
    }
    return users;
  }
}

function credentialIn({ salt, iterations, storedKey, serverKey }: ScramCredentialRow): ScramCredential {
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
  return { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
}

function rowOf(user: string, { mechanism }: ScramHash, credential: ScramCredential): ScramCredentialRow {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const { salt, iterations, storedKey, serverKey } = credential;
  return {
    user,
    mechanism,
    salt: text(salt),
    iterations,
    storedKey: text(storedKey),
    serverKey: text(serverKey),
  };
}
