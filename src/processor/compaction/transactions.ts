import type { BatchHeader, MarkerType } from '../../../protocol/records/index.ts';
import type { AbortedRange } from '../../log/committed-read.ts';

/**
 * Which batches and markers of transactions compaction can do without: batches of aborted ones at once, a marker when a whole pass met no batch of
 * its transaction. A state machine over the batches of one pass, in offset order.
 */
export class CleanedTransactions {
  readonly #aborted: ReadonlyMap<number, readonly AbortedRange[]>;
  /** Aborted transactions of which a batch was met. */
  readonly #met: Set<AbortedRange>;
  /** Producers with a transaction of which a batch was met, and that is not known to be aborted. */
  readonly #committing: Set<number>;
  readonly #emptied: number[];

  /** `aborted` are all aborted transactions that touch the offsets of the pass. */
  constructor(aborted: readonly AbortedRange[]) {
    this.#aborted = Map.groupBy(aborted, ({ producerId }) => producerId);
    this.#met = new Set();
    this.#committing = new Set();
    this.#emptied = [];
  }

  /** Offsets of abort markers of which no batch is left. */
  get emptied(): readonly number[] {
    return this.#emptied;
  }

  /** Whether the records of a data batch can go, because they were aborted. */
  dropsBatch(header: BatchHeader): boolean {
    if (!header.isTransactional) return false;
    const range = this.#rangeAt(header);
    if (range === undefined) this.#committing.add(header.producerId);
    else this.#met.add(range);
    return range !== undefined;
  }

  /** Whether a control batch has nothing left to say. `type` is undefined for one that is no marker; one without records was cleaned before. */
  dropsMarker(header: BatchHeader, type: MarkerType | undefined): boolean {
    if (header.recordCount === 0) return true;
    if (type === undefined) return false;
    if (type === 'commit') return !this.#committing.delete(header.producerId);
    const range = this.#rangeAt(header);
    if (range !== undefined && this.#met.delete(range)) return false;
    this.#emptied.push(header.baseOffset);
    return true;
  }

  #rangeAt({ producerId, baseOffset }: BatchHeader): AbortedRange | undefined {
    return this.#aborted
      .get(producerId)
      ?.find(({ firstOffset, lastOffset }) => firstOffset <= baseOffset && baseOffset <= lastOffset);
  }

  /** Where the pass is now: `back` takes it there again, once. */
  mark(): { back(): void } {
    const [met, committing, emptied] = [[...this.#met], [...this.#committing], this.#emptied.length];
    return {
      back: () => {
        this.#met.clear();
        this.#committing.clear();
        for (const range of met) this.#met.add(range);
        for (const producer of committing) this.#committing.add(producer);
        this.#emptied.length = emptied;
      },
    };
  }
}
