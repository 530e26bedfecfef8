import type { TextSearch, TextSearchResult } from '../../fulltext/query.ts';
import type { DurableWatermark } from '../../wal/watermark.ts';
import type { TextWorkerCalls } from './messages.ts';
import type { TextEngine } from './service.ts';
import type { TextSinkStatus } from './types.ts';

/** A sequence above that of every WAL segment. */
const ALL = Number.MAX_SAFE_INTEGER;

export interface LazyTextParts {
  readonly open: () => TextEngine;
  readonly watermark: DurableWatermark;
  readonly doneBelow: (sequence: number) => void;
}

/**
 * An engine that is opened by the first topic, and not before `start`: the ports answer without waiting for a thread, and a broker without searched topics
 * has none. Until then no WAL segment is kept for it.
 */
export class LazyTextEngine implements TextEngine {
  readonly #parts: LazyTextParts;
  readonly #started: Promise<void>;
  #start!: () => void;
  #engine: TextEngine | undefined;
  #waiting = 0;
  #paused = false;

  constructor(parts: LazyTextParts) {
    this.#parts = parts;
    this.#started = new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  async call<Name extends keyof TextWorkerCalls>(
    name: Name,
    argument: Parameters<TextWorkerCalls[Name]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<TextWorkerCalls[Name]>>> {
    if (name === 'addTopic' && this.#engine === undefined) {
      this.#waiting++;
      await this.#started;
      this.#waiting--;
    }
    const engine = name === 'addTopic' ? this.#opened() : this.#engine;
    if (engine !== undefined) return engine.call(name, argument, signal);
    return this.#idle(name, argument) as Awaited<ReturnType<TextWorkerCalls[Name]>>;
  }

  #opened(): TextEngine {
    if (this.#engine !== undefined) return this.#engine;
    const { open, watermark, doneBelow } = this.#parts;
    // What is before is read from the log, wherever it is then.
    doneBelow(watermark.read().segment);
    const engine = open();
    this.#engine = engine;
    // Calls arrive in order; a failure is told to whoever opened the engine.
    if (this.#paused) engine.call('pause', null).catch(() => {});
    engine.call('start', null).catch(() => {});
    return engine;
  }

  /** Answers of a sink that has nothing to do. */
  #idle(name: keyof TextWorkerCalls, argument: unknown): unknown {
    switch (name) {
      case 'start':
        if (this.#waiting === 0) this.#parts.doneBelow(ALL);
        this.#start();
        return undefined;
      case 'pause':
      case 'resume':
        this.#paused = name === 'pause';
        return undefined;
      case 'search':
        return nothingFound(argument as TextSearch);
      case 'status':
        return this.#status();
      case 'metrics':
        return [];
      default:
        return undefined;
    }
  }

  #status(): TextSinkStatus {
    return {
      paused: this.#paused,
      position: this.#parts.watermark.read(),
      records: 0,
      bytesRead: 0,
      indexes: 0,
      bytesWritten: 0,
      errors: 0,
      corrupt: 0,
      memoryBytes: 0,
      backlog: 0,
      failing: undefined,
    };
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }
}

/** The answer while nothing is indexed. */
function nothingFound({ ranges }: TextSearch): TextSearchResult {
  const exact = ranges.every(({ from, to }) => from >= to);
  return { total: 0, exact, timedOut: false, maxScore: null, hits: [], failures: [] };
}
