import type { Clock } from '../base/clock.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Garbage } from '../metadata/garbage.ts';
import type { StorageClasses, StoredObject } from '../metadata/storage-classes.ts';
import { ObjectNotFound, StorageClassRefused } from '../objects/errors.ts';
import type { ObjectStore } from '../objects/types.ts';
import { JobFailure } from './jobs/failures.ts';
import { UPKEEP_RETRY } from './jobs/kinds.ts';
import type { JobContext, JobKind } from './jobs/types.ts';

/** Where objects of a topic are kept from an age on. */
export interface ClassRule {
  readonly name: string;
  readonly afterMs: number;
}

export interface StorageClassParts {
  readonly classes: StorageClasses;
  readonly garbage: Pick<Garbage, 'holds'>;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Keys that are being moved: the garbage sweep leaves them alone, for a copy that ends after a deletion would bring the object back. */
  readonly moving: Set<string>;
  /** Undefined for a topic whose objects stay where they are. */
  readonly ruleOf: (topicId: string) => ClassRule | undefined;
  /** Topics with rules, each with the folder of its table's data files if it has one. */
  readonly topics: () => readonly { readonly topicId: string; readonly dataFolder: string | undefined }[];
}

/** Objects looked at together, and moved at once. */
const PAGE = 500;
const PARALLEL = 8;

interface Move {
  readonly objectKey: string;
  readonly bytes: number;
  readonly to: string;
}

/** Moves objects that are old enough to the storage class that their topics want. */
export class StorageClassMoves {
  readonly #parts: StorageClassParts;
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(parts: StorageClassParts) {
    this.#parts = parts;
    parts.metrics.gaugesFrom(
      'quarry_storage_class_objects',
      'Objects that were moved to a storage class.',
      ['class'],
      () => [...this.#counts].map(([name, objects]) => [{ class: name }, objects] as const),
    );
  }

  /** Moves what is due. Rejects with JobFailure where a class is refused, when all others are moved; and with the store's errors. */
  async run({ signal, progress }: Pick<JobContext, 'signal' | 'progress'>): Promise<void> {
    const { store, topics, classes } = this.#parts;
    const withRules = topics();
    // A store without classes keeps everything as it is.
    if (store.setStorageClass === undefined || withRules.length === 0) return;
    const refused = new Map<string, string>();
    let done = 0;
    for await (const due of this.#due(withRules)) {
      for (let at = 0; at < due.length; at += PARALLEL) {
        signal.throwIfAborted();
        const some = due.slice(at, at + PARALLEL).filter(({ to }) => !refused.has(to));
        await Promise.all(some.map((move) => this.#move(move, refused)));
        progress((done += some.length));
      }
    }
    this.#counts = await classes.counts();
    const [reason] = refused.values();
    if (reason !== undefined) throw new JobFailure('denied', reason);
  }

  async *#due(topics: ReturnType<StorageClassParts['topics']>): AsyncGenerator<readonly Move[]> {
    for (const table of ['sections', 'text_segments'] as const)
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: StoredObject[] = await this.#parts.classes.page(table, after, PAGE);
        yield page.flatMap((object) => this.#wanted(object));
        after = page.at(-1)?.objectKey;
      }
    for (const { topicId, dataFolder } of topics)
      if (dataFolder !== undefined) yield* this.#dueFiles(topicId, dataFolder);
  }

  /** Packs are shared by topics: one moves when all that are in it want the same and are old enough. */
  #wanted({ objectKey, bytes, topics, storageClass }: StoredObject): Move[] {
    const { ruleOf, clock } = this.#parts;
    const now = clock.now();
    const wanted = new Set(
      topics.map(({ topicId, created }) => {
        const rule = ruleOf(topicId);
        return rule !== undefined && created + rule.afterMs <= now ? rule.name : undefined;
      }),
    );
    const [to] = wanted;
    return wanted.size === 1 && to !== undefined && to !== storageClass ? [{ objectKey, bytes, to }] : [];
  }

  /** Data files of a table, by when they were stored: what names them is in another database. */
  async *#dueFiles(topicId: string, folder: string): AsyncGenerator<readonly Move[]> {
    const { store, clock, ruleOf, classes } = this.#parts;
    const rule = ruleOf(topicId);
    if (rule === undefined) return;
    let old: Move[] = [];
    const toBeMoved = async (): Promise<readonly Move[]> => {
      const known = await classes.of(old.map(({ objectKey }) => objectKey));
      const due = old.filter(({ objectKey, to }) => known.get(objectKey) !== to);
      old = [];
      return due;
    };
    for await (const { key, size, modified } of store.list(folder)) {
      if (modified + rule.afterMs > clock.now()) continue;
      old.push({ objectKey: key, bytes: size, to: rule.name });
      if (old.length === PAGE) yield await toBeMoved();
    }
    yield await toBeMoved();
  }

  async #move({ objectKey, bytes, to }: Move, refused: Map<string, string>): Promise<void> {
    const { moving, garbage, store, classes, clock, metrics } = this.#parts;
    moving.add(objectKey);
    try {
      // From here on the sweep does not take it; what it has taken is left alone.
      if (await garbage.holds(objectKey)) return;
      await store.setStorageClass?.(objectKey, to);
      await classes.save(objectKey, to, clock.now());
      const labels = { class: to };
      metrics.counter('quarry_storage_class_moved_total', 'Objects moved to a storage class.', labels).inc();
      metrics.counter('quarry_storage_class_moved_bytes_total', 'Bytes moved to a storage class.', labels).inc(bytes);
    } catch (error) {
      if (error instanceof StorageClassRefused) refused.set(to, error.message);
      else if (!(error instanceof ObjectNotFound)) throw error;
    } finally {
      moving.delete(objectKey);
    }
  }
}

/** Moves old objects now and then. */
export function storageClassJob(moves: Pick<StorageClassMoves, 'run'>, intervalMs: number): JobKind {
  return {
    name: 'storage-class',
    summary: 'Moves objects that are old enough to the storage class that their topics want.',
    area: 'system',
    priority: 5,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => intervalMs,
    pauseOutlivesRestart: true,
    run: (_key, context) => moves.run(context),
  };
}
