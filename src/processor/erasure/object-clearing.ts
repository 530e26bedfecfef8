import { type Random, uuidToString } from '../../base/random.ts';
import type { ErasedObjects } from '../../metadata/erased-objects.ts';
import type { TextSegmentRow } from '../../metadata/types.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { mergeHost, type SegmentMergeParts } from '../merging/segment-merges.ts';

export interface ObjectClearingParts extends SegmentMergeParts {
  readonly objects: ErasedObjects;
  readonly store: ObjectStore;
  readonly random: Random;
  /** Prefix of text segments in the object store. */
  readonly indexBasePath: string;
  readonly maxBytesPerSecond: () => number;
}

/** Sections that move at once: they are one transaction. */
const MAX_SECTIONS = 1000;
/** Text segments move together up to so many bytes. */
const MOVED_BYTES = 32 * 1024 * 1024;

/**
 * Packs and objects of text segments are shared by many partitions, and an object goes when nothing of it counts any more. After the deletion of a key
 * everything else moves out of the objects that had it, as it is. Which objects these are is written down by the transactions that took the key out.
 */
export class ObjectClearing {
  readonly #parts: ObjectClearingParts;

  constructor(parts: ObjectClearingParts) {
    this.#parts = parts;
  }

  /** Resolves when no object is left that has to be cleared; cut off anywhere, the next run goes on. Rejects when one cannot be; the others are. */
  async run(signal: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const objectKey of await this.#parts.objects.list())
      try {
        await this.#clear(objectKey, signal);
      } catch (error) {
        signal.throwIfAborted();
        failure ??= { error };
      }
    if (failure !== undefined) throw failure.error;
  }

  async #clear(objectKey: string, signal: AbortSignal): Promise<void> {
    const { objects, registration, merging, maxBytesPerSecond } = this.#parts;
    const host = mergeHost(this.#parts);
    const sections = await registration.sections.ofObject(objectKey);
    for (let at = 0; at < sections.length; at += MAX_SECTIONS) {
      signal.throwIfAborted();
      const groups = sections.slice(at, at + MAX_SECTIONS).map((row) => [row]);
      await merging.mergePacks({ groups, maxBytesPerSecond: maxBytesPerSecond() }, host);
    }
    await this.#moveTexts(await registration.textsIn(objectKey), signal);
    await objects.forget(objectKey);
  }

  async #moveTexts(rows: readonly TextSegmentRow[], signal: AbortSignal): Promise<void> {
    let [some, bytes]: [TextSegmentRow[], number] = [[], 0];
    for (const row of rows) {
      if (some.length > 0 && bytes + row.length > MOVED_BYTES) {
        await this.#moveTogether(some, signal);
        [some, bytes] = [[], 0];
      }
      some.push(row);
      bytes += row.length;
    }
    if (some.length > 0) await this.#moveTogether(some, signal);
  }

  async #moveTogether(rows: readonly TextSegmentRow[], signal: AbortSignal): Promise<void> {
    const { store, random, indexBasePath, uploads, registration } = this.#parts;
    const objectKey = `${indexBasePath}/${uuidToString(random.bytes(16))}.text`;
    const pieces: Uint8Array[] = [];
    const moved: TextSegmentRow[] = [];
    let position = 0;
    for (const row of rows) {
      signal.throwIfAborted();
      const bytes = await store.get(row.objectKey, { from: row.position, length: row.length });
      if (bytes.length !== row.length) throw new Error(`${row.objectKey} is shorter than it should be`);
      pieces.push(bytes);
      moved.push({ ...row, objectKey, position });
      position += bytes.length;
    }
    uploads.add(objectKey);
    try {
      await registration.announce(objectKey);
      await store.put(objectKey, Buffer.concat(pieces, position), { ifAbsent: true });
      await registration.moveTexts(rows, moved);
    } finally {
      uploads.delete(objectKey);
    }
  }
}
