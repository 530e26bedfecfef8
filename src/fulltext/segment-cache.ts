import type { RangeReader, SegmentPlace } from './segment-bytes.ts';
import { SegmentReader } from './segment-reader.ts';

/** Opened segments, the least recently used of which are closed when all of them hold more than `maxBytes`. */
export class SegmentCache {
  readonly #readerOf: (objectKey: string) => RangeReader;
  readonly #maxBytes: number;
  /** In order of use; the ones still opening have no reader yet. */
  readonly #entries = new Map<
    string,
    { readonly opening: Promise<SegmentReader>; reader: SegmentReader | undefined }
  >();

  constructor(readerOf: (objectKey: string) => RangeReader, maxBytes: number) {
    this.#readerOf = readerOf;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    let sum = 0;
    for (const { reader } of this.#entries.values()) sum += reader?.bytes.bytes ?? 0;
    return sum;
  }

  /** The reader of a segment, opened when it is not. Rejects when that fails; the next call tries again. */
  get(place: SegmentPlace): Promise<SegmentReader> {
    const key = `${place.position}/${place.objectKey}`;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.opening;
    }
    const opening = SegmentReader.open(this.#readerOf(place.objectKey), place);
    const entry = { opening, reader: undefined as SegmentReader | undefined };
    this.#entries.set(key, entry);
    opening.then(
      (reader) => {
        entry.reader = reader;
      },
      () => this.#entries.get(key) === entry && this.#entries.delete(key),
    );
    return opening;
  }

  /** Brings the cache back below its limit. Called after searches; readers in use stay usable. */
  trim(): void {
    let bytes = this.bytes;
    for (const [key, { reader }] of this.#entries) {
      if (bytes <= this.#maxBytes) return;
      if (reader === undefined) continue;
      bytes -= reader.bytes.bytes;
      this.#entries.delete(key);
    }
  }
}
