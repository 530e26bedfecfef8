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

/**
 * Lets WAL segments go when every sink is done with them. A WAL over its limit asks the text sink to pass over what is packed, which it
 * then indexes from packs; it always waits for the packs.
 */
export class WalDrain {
  readonly #log: DrainedLog;
  readonly #deleteAfterIndex: boolean;
  readonly #hurryText: (below: number) => void;
  readonly #packed = new Set<number>();
  #textDoneBelow = 0;
  #releasedBelow = 0;

  /**
   * With `deleteAfterIndex` false segments stay until the WAL is over its limit. `hurryText` asks the text sink to be done with segments
   * below a sequence at once.
   */
  constructor(log: DrainedLog, deleteAfterIndex: boolean, hurryText: (below: number) => void) {
    this.#log = log;
    this.#deleteAfterIndex = deleteAfterIndex;
    this.#hurryText = hurryText;
  }

  /** All that a segment holds is registered in packs. */
  packed(sequence: number): void {
    this.#packed.add(sequence);
    this.drain();
  }

  /** The text sink needs no segment below `sequence`. It may need more than it did: with its first topic. */
  textDoneBelow(sequence: number): void {
    this.#textDoneBelow = sequence;
    this.drain();
  }

  /** Segments sealed by now go as soon as they can, although the WAL has room: what they hold is wanted in packs only. */
  release(): void {
    this.#releasedBelow = (this.#log.wal.sealedSegments().at(-1)?.sequence ?? -1) + 1;
    this.drain();
  }

  /** Lets go what can go, the oldest first; the number of segments. */
  drain(): number {
    let count = 0;
    for (const { sequence } of this.#log.wal.sealedSegments()) {
      if (!this.#mayGo(sequence)) break;
      this.#log.drained(sequence);
      this.#packed.delete(sequence);
      count++;
    }
    return count;
  }

  #mayGo(sequence: number): boolean {
    if (!this.#packed.has(sequence)) return false;
    const { overLimit } = this.#log.wal;
    if (sequence >= this.#textDoneBelow) {
      if (overLimit) this.#hurryText(sequence + 1);
      return false;
    }
    return this.#deleteAfterIndex || overLimit || sequence < this.#releasedBelow;
  }
}
