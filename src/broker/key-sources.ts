import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KeySource, type KeySourceSettings } from '../security/oauth/key-source.ts';
import type { BrokerParts } from './parts.ts';

const MAX_BYTES = 1024 * 1024;

async function readUrl(url: string, signal: AbortSignal): Promise<string> {
  if (url.startsWith('file:')) return readFile(fileURLToPath(url), { encoding: 'utf8', signal });
  const response = await fetch(url, { signal, headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`answered with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The key sources of all listeners; those that ask the same in the same way share one. */
export class KeySources {
  readonly #parts: BrokerParts;
  readonly #sources = new Map<string, KeySource>();

  constructor(parts: BrokerParts) {
    this.#parts = parts;
  }

  /** Throws an Error for a URL that cannot be. */
  of(settings: KeySourceSettings): KeySource {
    const { url } = settings;
    if (!URL.canParse(url) || !['http:', 'https:', 'file:'].includes(new URL(url).protocol))
      throw new Error(`sasl.oauthbearer.jwks.endpoint.url takes http:, https: or file:, got '${url}'`);
    const key = JSON.stringify(settings);
    let source = this.#sources.get(key);
    if (source === undefined) {
      const { clock, logger } = this.#parts;
      source = new KeySource({ settings, clock, logger: logger.child('oauth'), read: readUrl });
      this.#sources.set(key, source);
    }
    return source;
  }

  /** Why one of them cannot be read; undefined when all can. */
  get failing(): string | undefined {
    return [...this.#sources.values()].find(({ failing }) => failing !== undefined)?.failing;
  }

  /** Reads all; resolves when each was tried once. */
  async start(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.start()));
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
  }
}
