import type { Clock } from '../base/clock.ts';

/** Events that are remembered for clients that were away for a moment. */
const REMEMBERED = 1000;
/** Pause after which a quiet feed says that it is still there, so that nothing between it and the client ends the connection. */
const HEARTBEAT_MS = 15_000;
/** What a client waits before it connects again. */
const RECONNECT_MS = 2000;

/** One event: a name, and data that becomes one line of JSON. */
export interface FeedEvent {
  readonly name: string;
  readonly data: object;
}

export interface FeedOptions {
  readonly clock: Clock;
  /** Tells this run of the process from others: ids of another run say nothing here. */
  readonly run: string;
}

/**
 * Events in the form of server-sent events (HTML standard, section 9.2). All readers read from one ring, so that a slow one costs no memory: it is
 * told how much it missed.
 */
export class EventFeed {
  readonly #options: FeedOptions;
  readonly #ring: FeedEvent[] = [];
  /** Number of the next event. */
  #next = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  add(event: FeedEvent): void {
    this.#ring.push(event);
    this.#next++;
    if (this.#ring.length > REMEMBERED) this.#ring.shift();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** The text of what comes from now on, or after the event with `lastId`, until `signal` is aborted. */
  async *read(lastId: string, wanted: (event: FeedEvent) => boolean, signal: AbortSignal): AsyncGenerator<string> {
    let at = this.#placeAfter(lastId);
    yield `retry: ${RECONNECT_MS}\n\n`;
    while (!signal.aborted) {
      const oldest = this.#next - this.#ring.length;
      if (at < oldest) yield this.#render({ name: 'missed', data: { events: oldest - at } }, oldest - 1);
      at = Math.max(at, oldest);
      const event = this.#ring[at - oldest];
      if (event === undefined) {
        if (!(await this.#news(signal)) && !signal.aborted) yield ': still here\n\n';
        continue;
      }
      if (wanted(event)) yield this.#render(event, at);
      at++;
    }
  }

  #render({ name, data }: FeedEvent, id: number): string {
    return `id: ${this.#options.run}.${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #placeAfter(lastId: string): number {
    const [, run, number] = /^(.*)\.(\d{1,15})$/.exec(lastId) ?? [];
    return run === this.#options.run ? Math.min(Number(number) + 1, this.#next) : this.#next;
  }

  /** Resolves with false when nothing came for a while, or nobody waits any more. */
  async #news(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const give = (): void => resolve(false);
    const timer = this.#options.clock.after(HEARTBEAT_MS, give);
    signal.addEventListener('abort', give, { once: true });
    void this.#changed.promise.then(() => resolve(true));
    try {
      return await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', give);
    }
  }
}
