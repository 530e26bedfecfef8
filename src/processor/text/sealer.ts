import type { Logger } from '../../base/logger.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import { writeTextSegment } from '../../fulltext/segment-writer.ts';
import type { ObjectStore } from '../../objects/types.ts';
import type { Slice, TextPartition } from './partition.ts';
import { describeIndex, type SealedText, type TextHost } from './types.ts';

/** Bytes of segments above which an object is closed and the next one begun. */
const OBJECT_BYTES = 32 * 1024 * 1024;

export interface TextSealerParts {
  readonly store: ObjectStore;
  readonly host: Pick<TextHost, 'announce' | 'abandon' | 'register'>;
  readonly random: Random;
  readonly logger: Logger;
  readonly basePath: string;
}

interface Frozen {
  readonly partition: TextPartition;
  readonly slice: Slice;
}

/** Writes frozen live indexes as text segments, many partitions in one object, and registers them. */
export class TextSealer {
  readonly #parts: TextSealerParts;
  indexes = 0;
  bytes = 0;
  errors = 0;
  /** Why it last failed, until it works again. */
  failing: string | undefined;
  #abandoned = false;

  constructor(parts: TextSealerParts) {
    this.#parts = parts;
  }

  /** Nobody waits for what is under way any more: it ends as soon as it can, and says nothing. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** Seals all frozen slices of the partitions. Never rejects: what failed stays frozen and is tried again next time. */
  async seal(partitions: readonly TextPartition[]): Promise<void> {
    const frozen: Frozen[] = partitions.flatMap((partition) =>
      partition.slices.filter((slice) => slice.state === 'frozen').map((slice) => ({ partition, slice })),
    );
    try {
      for (let from = 0; from < frozen.length && !this.#abandoned; ) from = await this.#sealObject(frozen, from);
      this.failing = undefined;
    } catch (err) {
      this.errors++;
      if (this.failing === undefined && !this.#abandoned)
        this.#parts.logger.warn({ err }, 'text segments could not be stored; searches use memory, will try again');
      this.failing = (err as Error).message;
    }
  }

  /** Seals slices from number `from` on into one object; the number of the first one that did not go in. */
  async #sealObject(frozen: readonly Frozen[], from: number): Promise<number> {
    const { store, host, random, basePath } = this.#parts;
    const objectKey = `${basePath}/${uuidToString(random.bytes(16))}.text`;
    const pieces: Uint8Array[] = [];
    const segments: SealedText[] = [];
    const sealed: Frozen[] = [];
    let position = 0;
    let next = from;
    for (; next < frozen.length && position < OBJECT_BYTES; next++) {
      const one = frozen[next]!;
      const { partition, slice } = one;
      const { index } = slice;
      sealed.push(one);
      if (index.endOffset === index.baseOffset || partition.removed) continue;
      const bytes = await writeTextSegment(index, turn);
      segments.push({
        ...describeIndex(partition, slice.index, slice.expiry),
        objectKey,
        position,
        length: bytes.length,
      });
      pieces.push(bytes);
      position += bytes.length;
    }
    if (pieces.length > 0) {
      try {
        await host.announce(objectKey);
        await store.put(objectKey, Buffer.concat(pieces, position), { ifAbsent: true });
      } catch (error) {
        host.abandon(objectKey);
        throw error;
      }
    }
    const wanted = await this.#register(objectKey, segments, sealed);
    this.indexes += wanted.length;
    this.bytes += position;
    const registered = new Map(
      wanted.map((segment) => [
        `${segment.topicId}/${segment.partition}/${segment.baseOffset}`,
        { ...segment, generation: 0 },
      ]),
    );
    for (const { partition, slice } of sealed)
      partition.sealed(slice, registered.get(`${partition.topicId}/${partition.partition}/${slice.index.baseOffset}`));
    return next;
  }

  /**
   * Enters what is still wanted. A topic that was removed meanwhile may have been taken up anew, and its offsets then belong to others: between
   * this look and the registration nobody can come.
   */
  async #register(
    objectKey: string,
    segments: readonly SealedText[],
    sealed: readonly Frozen[],
  ): Promise<readonly SealedText[]> {
    const { host } = this.#parts;
    if (segments.length === 0) return [];
    const removed = new Set(sealed.filter((one) => one.partition.removed).map((one) => one.partition.topicId));
    const wanted = segments.filter(({ topicId }) => !removed.has(topicId));
    if (wanted.length === 0) {
      host.abandon(objectKey);
      return [];
    }
    try {
      await host.register(objectKey, wanted);
    } catch (error) {
      host.abandon(objectKey);
      throw error;
    }
    return wanted;
  }
}

/** Lets other work of the thread run. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
