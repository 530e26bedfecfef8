import { createSecureContext, type SecureContextOptions, type TlsOptions, type TLSSocket } from 'node:tls';
import { ANONYMOUS, userPrincipal } from '../principal.ts';
import { openSslName } from './cipher-names.ts';
import { subjectOf } from './distinguished-name.ts';
import { principalMapping } from './principal-mapping.ts';

/** Whether clients are asked for a certificate, by Kafka's words. */
export type ClientAuthentication = 'none' | 'requested' | 'required';

/** A file, or the same as text. Both empty: there is none. */
export interface Material {
  readonly location: string;
  readonly text: string;
}

/** The `ssl.*` settings of one listener. */
export interface TlsSettings {
  /** `PEM`: `key` and `certificates`, which one file may hold together. `PKCS12`: the file of `key` holds both. */
  readonly keystoreType: 'PEM' | 'PKCS12';
  readonly key: Material;
  readonly certificates: Material;
  readonly keystorePassword: string;
  readonly keyPassword: string;
  readonly trusted: Material;
  readonly clientAuth: ClientAuthentication;
  readonly protocols: readonly string[];
  readonly cipherSuites: readonly string[];
  readonly mappingRules: string;
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];
const HANDSHAKE_LIMIT_MS = 30_000;

type ReadFile = (path: string) => Uint8Array;

/** How a listener speaks TLS: what a TLS server of Node needs, and who the peer of a connection is. */
export class TlsTerms {
  readonly #settings: TlsSettings;
  readonly #readFile: ReadFile;
  readonly #mapping: (distinguishedName: string) => string;
  readonly #followers: ((context: SecureContextOptions) => void)[] = [];
  #context: SecureContextOptions;
  #failing: string | undefined;

  /** Reads keys and certificates. Throws an Error that says what is missing or wrong. */
  constructor(settings: TlsSettings, readFile: ReadFile) {
    this.#settings = settings;
    this.#readFile = readFile;
    this.#mapping = principalMapping(settings.mappingRules);
    this.#context = this.#load();
  }

  /** True when nobody gets in without a certificate. */
  get identifies(): boolean {
    return this.#settings.clientAuth === 'required';
  }

  /** Options of a TLS server (also one for HTTPS). */
  get serverOptions(): TlsOptions {
    const { clientAuth } = this.#settings;
    return {
      ...this.#context,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
    };
  }

  /**
   * The principal of the client at the other end. Throws an Error when it showed a certificate that is not trusted (one that must show one cannot get here
   * without), or whose subject no rule maps.
   */
  principalOf(socket: TLSSocket): string {
    const { clientAuth } = this.#settings;
    const certificate = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate();
    if (certificate === undefined) {
      // OpenSSL has seen to it already; a session that is taken up again must not be a way around it.
      if (clientAuth === 'required') throw new Error('there is no client certificate');
      return ANONYMOUS;
    }
    if (!socket.authorized)
      throw new Error(`the client certificate is not trusted: ${String(socket.authorizationError)}`);
    return userPrincipal(this.#mapping(subjectOf(certificate.raw)));
  }

  /** Tells `follow` of new keys and certificates, for `setSecureContext` of a server. */
  onChange(follow: (context: SecureContextOptions) => void): void {
    this.#followers.push(follow);
  }

  /** Why changed files cannot be used; undefined while they can. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Reads the files again; true when they had changed and are used now. Throws, and stays with what it has, when they cannot be used. */
  reload(): boolean {
    let next: SecureContextOptions;
    try {
      next = this.#load();
      this.#failing = undefined;
    } catch (error) {
      this.#failing = (error as Error).message;
      throw error;
    }
    if (sameMaterial(next, this.#context)) return false;
    this.#context = next;
    for (const follow of this.#followers) follow(next);
    return true;
  }

  #load(): SecureContextOptions {
    const { trusted, clientAuth, cipherSuites } = this.#settings;
    const ca = this.#read(trusted);
    // Without this, whoever any public authority knows would be let in.
    if (clientAuth !== 'none' && ca === undefined)
      throw new Error(`ssl.client.auth=${clientAuth} needs ssl.truststore.location or ssl.truststore.certificates`);
    const context: SecureContextOptions = {
      ...this.#identity(),
      ...versionsOf(this.#settings.protocols),
      ...(ca !== undefined && { ca }),
      ...(cipherSuites.length > 0 && { ciphers: cipherSuites.map(openSslName).join(':') }),
      honorCipherOrder: true,
    };
    // Says at once what OpenSSL does not like.
    createSecureContext(context);
    return context;
  }

  #identity(): SecureContextOptions {
    const { keystoreType, key, certificates, keyPassword, keystorePassword } = this.#settings;
    const keyBytes = this.#read(key);
    if (keyBytes === undefined) throw new Error('TLS needs ssl.keystore.location or ssl.keystore.key');
    if (keystoreType === 'PKCS12') return { pfx: keyBytes, passphrase: keystorePassword };
    const chain = this.#read(certificates);
    if (chain === undefined) throw new Error('TLS needs ssl.keystore.certificate.chain beside ssl.keystore.key');
    return { key: keyBytes, cert: chain, ...(keyPassword !== '' && { passphrase: keyPassword }) };
  }

  #read({ location, text }: Material): Buffer | undefined {
    if (text !== '') return Buffer.from(text);
    return location === '' ? undefined : Buffer.from(this.#readFile(location));
  }
}

function versionsOf(protocols: readonly string[]): { minVersion: Version; maxVersion: Version } {
  const unknown = protocols.find((name) => !VERSIONS.some((version) => version === name));
  if (unknown !== undefined || protocols.length === 0)
    throw new Error(`ssl.enabled.protocols takes ${VERSIONS.join(' and ')}, not '${unknown ?? ''}'`);
  const chosen = VERSIONS.filter((version) => protocols.includes(version));
  return { minVersion: chosen[0]!, maxVersion: chosen.at(-1)! };
}

const MATERIAL = ['key', 'cert', 'pfx', 'ca'] as const;

function sameMaterial(a: SecureContextOptions, b: SecureContextOptions): boolean {
  return MATERIAL.every((part) => {
    const [left, right] = [a[part], b[part]] as [Buffer | undefined, Buffer | undefined];
    return left === undefined || right === undefined ? left === right : left.equals(right);
  });
}
