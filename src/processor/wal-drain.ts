/** The log, as the drain needs it. */
export interface DrainedLog {
  readonly wal: {
    /** By sequence. */
    sealedSegments(): readonly { readonly sequence: number }[];
    readonly overLimit: boolean;
  };
  /** All that a sealed segment holds is elsewhere: it can go. */
  drained(sequence: number): void;
}

/** A sink that says what it has durably done with a WAL segment. */
export type DrainSink = 'pack' | 'text';

/**
 * Lets WAL segments go when every sink is done with them. A WAL over its limit does not wait for the text sink, which then goes on from
 * packs; it always waits for the packs.
 */
export class WalDrain {
  readonly #log: DrainedLog;
  readonly #deleteAfterIndex: boolean;
  readonly #done: Readonly<Record<DrainSink, Set<number>>> = { pack: new Set(), text: new Set() };

  /** With `deleteAfterIndex` false segments stay until the WAL is over its limit. */
  constructor(log: DrainedLog, deleteAfterIndex: boolean) {
    this.#log = log;
    this.#deleteAfterIndex = deleteAfterIndex;
  }

  /** A sink is durably done with a segment. */
  done(sink: DrainSink, sequence: number): void {
    this.#done[sink].add(sequence);
    this.drain();
  }

  /** Lets go what can go, the oldest first; the number of segments. */
  drain(): number {
    let count = 0;
    for (const { sequence } of this.#log.wal.sealedSegments()) {
      if (!this.#mayGo(sequence)) break;
      this.#log.drained(sequence);
      count++;
    }
    this.#forget(new Set(this.#log.wal.sealedSegments().map((segment) => segment.sequence)));
    return count;
  }

  #mayGo(sequence: number): boolean {
    if (!this.#done.pack.has(sequence)) return false;
    if (this.#log.wal.overLimit) return true;
    return this.#deleteAfterIndex && this.#done.text.has(sequence);
  }

  /** A sink may finish a segment before the WAL lists it as sealed; only older ones are gone for good. */
  #forget(sealed: ReadonlySet<number>): void {
    if (sealed.size === 0) return;
    const oldest = Math.min(...sealed);
    for (const done of Object.values(this.#done))
      for (const sequence of done) if (sequence < oldest && !sealed.has(sequence)) done.delete(sequence);
  }
}
