import type { Random } from '../base/random.ts';
import type { SqlEngine } from '../metadata/types.ts';
import { DelegationTokens, type TokenParts } from './delegation-tokens.ts';
import type { KnownClient, ScramDirectory } from './sasl/scram.ts';
import type { ScramCredential, ScramHash } from './sasl/scram-keys.ts';
import { randomLetters, ScramUsers } from './scram-users.ts';

/** All users and tokens that are stored, for whoever lets clients in. Knows nobody until `load`. */
export class ClientDirectory implements ScramDirectory {
  readonly scram = new ScramUsers();
  readonly tokens: DelegationTokens;
  readonly #random: Random;

  constructor(parts: TokenParts) {
    this.tokens = new DelegationTokens(parts);
    this.#random = parts.random;
  }

  /** Reads users and tokens. To be called once, before anybody logs in. */
  async load(sql: SqlEngine): Promise<void> {
    await this.scram.load(sql, this.#random);
    await this.tokens.load(sql);
  }

  close(): void {
    this.tokens.close();
  }

  user(scram: ScramHash, name: string): KnownClient | undefined {
    const credential = this.scram.get(scram, name);
    return credential && { credential, identity: { name } };
  }

  token(scram: ScramHash, id: string): KnownClient | undefined {
    return this.tokens.clientOf(scram, id);
  }

  decoy(scram: ScramHash, name: string): ScramCredential {
    return this.scram.decoy(scram, name);
  }

  nonce(): string {
    return randomLetters(this.#random);
  }
}
