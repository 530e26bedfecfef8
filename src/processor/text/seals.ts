import { type Clock, sleep } from '../../base/clock.ts';
import type { Slice, TextPartition } from './partition.ts';
import type { TextSealer } from './sealer.ts';

/** Memory above which nothing more is indexed until something was sealed, in multiples of its limit. */
const STALL_FACTOR = 2;
/** Shortest pause between looks for room, and before a new attempt after a failure; the latter doubles up to the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export interface TextSealsParts {
  readonly sealer: TextSealer;
  readonly clock: Clock;
  /** Bytes of live indexes above which the largest are sealed. */
  readonly memoryBytes: number;
  readonly partitions: () => Iterable<TextPartition>;
  /** Called after each round. */
  readonly onSealed: () => void;
  /** False: only what is asked for by `all` is sealed. */
  readonly byItself: () => boolean;
}

/** Decides which live indexes are sealed when. One round runs at a time, so that no index is ever sealed twice. */
export class TextSeals {
  readonly #parts: TextSealsParts;
  readonly #stop = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #rounds = 0;
  #notBefore = 0;
  #pause = FIRST_PAUSE_MS;

  constructor(parts: TextSealsParts) {
    this.#parts = parts;
  }

  /** Seals everything, after the round under way. */
  all(): Promise<void> {
    return this.#round(() => true);
  }

  /** Seals what has been growing for so long, unless a round is under way. */
  async olderThan(ageMs: number): Promise<void> {
    const now = this.#parts.clock.monotonic();
    if (this.#mayBegin()) await this.#round(({ started }) => now - started >= ageMs);
  }

  /** Resolves when there is memory for more: at once, or, far over the limit, after something was sealed or the end has come. */
  async room(): Promise<void> {
    const { memoryBytes, clock } = this.#parts;
    for (;;) {
      const held = this.#bytes();
      if (held > memoryBytes && this.#mayBegin()) void this.#round(this.#larger());
      if (held <= memoryBytes * STALL_FACTOR || this.#stop.signal.aborted) return;
      if (this.#rounds > 0) await this.#last;
      // What sealing does not free others have to let go, who need their turn for it.
      if (this.#bytes() >= held) await sleep(clock, FIRST_PAUSE_MS, this.#stop.signal);
    }
  }

  /** Nobody waits for room any more. */
  stop(): void {
    this.#stop.abort();
  }

  #mayBegin(): boolean {
    const { byItself, clock } = this.#parts;
    return this.#rounds === 0 && byItself() && clock.monotonic() >= this.#notBefore;
  }

  #bytes(): number {
    let bytes = 0;
    for (const partition of this.#parts.partitions()) bytes += partition.bytes;
    return bytes;
  }

  /** What is not much smaller than the average: sealing that makes room. */
  #larger(): (slice: Slice) => boolean {
    let count = 1;
    for (const partition of this.#parts.partitions()) count += partition.slices.length;
    const least = this.#parts.memoryBytes / count / 4;
    return ({ index }) => index.bytes > least;
  }

  /** Freezes the growing slices that `wanted` names and seals all that is frozen. Never rejects. */
  #round(wanted: (slice: Slice) => boolean): Promise<void> {
    this.#rounds++;
    this.#last = this.#last.then(() => this.#seal(wanted)).finally(() => this.#rounds--);
    return this.#last;
  }

  async #seal(wanted: (slice: Slice) => boolean): Promise<void> {
    const { sealer, clock, onSealed } = this.#parts;
    const partitions = [...this.#parts.partitions()];
    for (const partition of partitions)
      for (const slice of partition.slices)
        if (slice.state === 'growing' && slice.index.endOffset > slice.index.baseOffset && wanted(slice))
          partition.freeze(slice);
    await sealer.seal(partitions);
    if (sealer.failing === undefined) this.#pause = FIRST_PAUSE_MS;
    else {
      this.#notBefore = clock.monotonic() + this.#pause;
      this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
    }
    onSealed();
  }
}
