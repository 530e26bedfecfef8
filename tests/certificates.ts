import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsSettings } from '../src/security/tls/terms.ts';

/** A certificate with its key: files, and the same as PEM text. */
export interface Certificate {
  /** File with the key and the certificate. */
  readonly file: string;
  readonly key: string;
  readonly certificate: string;
}

/** An authority that lives as long as a test: it makes keys and certificates with the `openssl` command. */
export class Authority {
  readonly folder: string;
  /** File with the certificate that all others lead to. */
  readonly trusted: string;
  #made = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'quarry-certificates-'));
    this.trusted = join(this.folder, 'ca.pem');
    const subject = ['-subj', '/CN=Test authority', '-days', '2'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    this.#openssl(['req', '-x509', ...key, '-keyout', join(this.folder, 'ca.key'), '-out', this.trusted, ...subject]);
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  /** `subject` as openssl wants it: `/C=DE/O=Org/CN=name`. Good for 127.0.0.1 and localhost. */
  issue(subject: string, kind: 'ec' | 'rsa' = 'ec'): Certificate {
    const folder = join(this.folder, String(this.#made++));
    mkdirSync(folder);
    const [key, request, certificate, extensions, file] = ['key', 'csr', 'crt', 'ext', 'pem'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string, string];
    const algorithm = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] : ['rsa:2048'];
    const newKey = ['-newkey', ...algorithm, '-nodes', '-keyout', key];
    this.#openssl(['req', '-new', '-utf8', ...newKey, '-out', request, '-subj', subject]);
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const authority = ['-CA', this.trusted, '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial'];
    this.#openssl([
      'x509',
      '-req',
      '-in',
      request,
      ...authority,
      '-out',
      certificate,
      '-days',
      '1',
      '-extfile',
      extensions,
    ]);
    const texts = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
    writeFileSync(file, texts.key + texts.certificate);
    return { file, ...texts };
  }

  /** The certificate in a PKCS12 file. */
  pkcs12({ file }: Certificate, password: string): string {
    const target = `${file}.p12`;
    this.#openssl(['pkcs12', '-export', '-in', file, '-out', target, '-passout', `pass:${password}`]);
    return target;
  }

  /** The settings of a listener that shows this certificate, and trusts clients whose certificates are of this authority. */
  listenerSettings({ file }: Certificate, changes: Partial<TlsSettings> = {}): TlsSettings {
    const material = { location: file, text: '' };
    return {
      keystoreType: 'PEM',
      key: material,
      certificates: material,
      keystorePassword: '',
      keyPassword: '',
      trusted: { location: this.trusted, text: '' },
      clientAuth: 'none',
      protocols: ['TLSv1.2', 'TLSv1.3'],
      cipherSuites: [],
      mappingRules: 'DEFAULT',
      ...changes,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
