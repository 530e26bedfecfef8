import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { parseKeySet, type VerificationKey } from './json-web-keys.ts';

export interface KeySourceSettings {
  /** `http:`, `https:` or `file:`. */
  readonly url: string;
  /** Pause between readings. */
  readonly refreshMs: number;
  /** First pause after a reading that failed, and the longest one. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

export interface KeySourceParts {
  readonly settings: KeySourceSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives the text of a file or of a page; rejects with the reason. */
  readonly read: (url: string, signal: AbortSignal) => Promise<string>;
}

const READ_LIMIT_MS = 10_000;
/** A token with an unknown key makes us look for new ones, but not at every token. */
const EARLY_PAUSE_MS = 10_000;

/** The keys of whoever issues tokens: read at the start and from time to time, with growing pauses when that fails. */
export class KeySource {
  readonly #parts: KeySourceParts;
  readonly #closed = new AbortController();
  #keys: readonly VerificationKey[] = [];
  #timer: Timer | undefined;
  #failures = 0;
  #failing: string | undefined;
  #reading: Promise<void> | undefined;
  #lastRead = -Infinity;

  constructor(parts: KeySourceParts) {
    this.#parts = parts;
  }

  get keys(): readonly VerificationKey[] {
    return this.#keys;
  }

  /** Why the last reading failed; undefined when it did not. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Reads the keys; resolves also when that fails, and goes on trying. */
  start(): Promise<void> {
    return this.#read();
  }

  /** Reads the keys soon: somebody came with one that is not known. */
  expedite(): void {
    const { clock } = this.#parts;
    if (clock.monotonic() - this.#lastRead < EARLY_PAUSE_MS || this.#failures > 0) return;
    void this.#read();
  }

  close(): void {
    this.#closed.abort();
    this.#timer?.cancel();
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { settings, clock, logger, read } = this.#parts;
    const { url, refreshMs, retryMs, maxRetryMs } = settings;
    this.#timer?.cancel();
    const late = new AbortController();
    const limit = clock.after(READ_LIMIT_MS, () => late.abort(new Error(`no answer within ${READ_LIMIT_MS} ms`)));
    let next = refreshMs;
    try {
      this.#keys = parseKeySet(await read(url, AbortSignal.any([late.signal, this.#closed.signal])));
      this.#failures = 0;
      this.#failing = undefined;
      logger.debug({ url, keys: this.#keys.length }, 'keys of tokens were read');
    } catch (err) {
      next = Math.min(maxRetryMs, retryMs * 2 ** this.#failures);
      this.#failures = Math.min(this.#failures + 1, 30);
      this.#failing = (err as Error).message;
      if (!this.#closed.signal.aborted) logger.warn({ err, url, retryInMs: next }, 'the keys of tokens cannot be read');
    } finally {
      limit.cancel();
    }
    this.#lastRead = clock.monotonic();
    if (!this.#closed.signal.aborted) this.#timer = clock.after(next, () => void this.#read());
  }
}
