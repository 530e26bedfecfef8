import { sleep } from '../base/clock.ts';
import { type BrokerOptions, type Engines, Opened, openEngines, partsOf } from './engines.ts';
import type { BrokerParts } from './parts.ts';

/** What a recovery did and what is left. */
export interface RecoverySummary {
  readonly topics: number;
  readonly partitions: number;
  /** WAL segments packed, the records in them, and pack sections made. */
  readonly packedSegments: number;
  readonly packedRecords: number;
  readonly sections: number;
  /** Records indexed, and text segments written. */
  readonly indexedRecords: number;
  readonly textSegments: number;
  /** Corrupt stretches of the WAL that were met and kept aside. */
  readonly corrupt: number;
  /** Sealed WAL segments that could not be packed, and offsets that could not be indexed. */
  readonly segmentsLeft: number;
  readonly offsetsLeft: number;
  /** Rows added to tables, and offsets that could not be put into them. */
  readonly tableRows: number;
  readonly tableOffsetsLeft: number;
  /** Why something is left. */
  readonly failures: readonly string[];
}

/** Whether something is left to do. */
export function isIncomplete(summary: RecoverySummary): boolean {
  const { segmentsLeft, offsetsLeft, tableOffsetsLeft, failures } = summary;
  return segmentsLeft + offsetsLeft + tableOffsetsLeft + failures.length > 0;
}

/** Pause between looks at the index. */
const LOOK_MS = 50;
/** An index, of text or of a WAL segment, that does not get on for so long is left. */
const PATIENCE_MS = 30_000;

/** Opens a data directory without serving anybody, has `task` done, and closes. Rejects as `Broker.start` does. */
export async function withEngines<T>(
  options: BrokerOptions,
  task: (parts: BrokerParts, engines: Engines) => Promise<T>,
): Promise<T> {
  const parts = partsOf(options);
  const opened = new Opened();
  let result: T;
  try {
    const engines = await openEngines(parts, opened, options.onRecovery);
    await walSealed(parts, engines);
    result = await task(parts, engines);
  } catch (error) {
    // What failed first is the reason; a failure to close adds nothing to it.
    await opened.close().catch(() => {});
    throw error;
  }
  await opened.close();
  return result;
}

/** What recovery has walked counts as sealed, and can be packed, when its index is written. Waits for that, as long as it may take. */
async function walSealed({ clock }: BrokerParts, { topics: { log } }: Pick<Engines, 'topics'>): Promise<void> {
  const since = clock.monotonic();
  while (log.wal.unsealed > 0 && clock.monotonic() - since < PATIENCE_MS) await sleep(clock, LOOK_MS);
}

/**
 * Recovers the WAL of a data directory, packs all of it, indexes what is not indexed, and puts what is not in tables into them. What is left shows in
 * the summary. When `signal` is aborted it ends after what it is doing.
 */
export function recover(options: BrokerOptions, signal?: AbortSignal): Promise<RecoverySummary> {
  return withEngines(options, (parts, engines) => processAll(parts, engines, signal));
}

/** Everything that the sinks of an opened data directory have to do; less of it after `signal` is aborted. */
export async function processAll(
  parts: BrokerParts,
  { topics, processing }: Engines,
  signal?: AbortSignal,
): Promise<RecoverySummary> {
  const { packs, text, tables } = processing;
  await text.start();
  while (signal?.aborted !== true) {
    await packs.run(true);
    if (packs.status().waiting === 0 || packs.status().failing !== undefined) break;
  }
  const offsetsLeft = await indexAll(parts, { topics, processing }, signal);
  await text.seal();
  tables.start(false);
  const ended = signal?.aborted === true;
  if (!ended) await tables.flush();
  const inTables = await tables.status();
  const { total, waiting, failing } = packs.status();
  const indexed = await text.status();
  return {
    topics: topics.catalog.all().length,
    partitions: topics.catalog.all().reduce((sum, topic) => sum + topic.partitions, 0),
    packedSegments: total.segments,
    packedRecords: total.records,
    sections: total.indexes,
    indexedRecords: indexed.records,
    textSegments: indexed.indexes,
    corrupt: total.corrupt,
    segmentsLeft: waiting + topics.log.wal.unsealed,
    offsetsLeft,
    tableRows: inTables.rows,
    tableOffsetsLeft: inTables.lag,
    failures: [
      failing,
      indexed.failing,
      inTables.failing,
      ended ? 'it was asked to end before all was done' : undefined,
    ].filter((reason) => reason !== undefined),
  };
}

/** Waits until every searched partition is indexed, as long as that gets on; the number of offsets that are not. */
async function indexAll(
  { clock }: BrokerParts,
  { topics: { catalog, log }, processing }: Pick<Engines, 'topics' | 'processing'>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const left = (): number => {
    let offsets = 0;
    for (const topic of catalog.all()) {
      if (!catalog.searchConfig(topic).search) continue;
      for (let partition = 0; partition < topic.partitions; partition++) {
        // What lies above is of open transactions, and is indexed when they have ended.
        const { lastStableOffset, logStartOffset } = log.partitionById(topic.topicId, partition) ?? {
          lastStableOffset: 0,
          logStartOffset: 0,
        };
        const indexed = processing.text.indexedUpTo(topic.topicId, partition);
        offsets += Math.max(0, lastStableOffset - Math.max(logStartOffset, indexed));
      }
    }
    return offsets;
  };
  let least = left();
  let since = clock.monotonic();
  while (least > 0 && clock.monotonic() - since < PATIENCE_MS && signal?.aborted !== true) {
    await sleep(clock, LOOK_MS, signal);
    const now = left();
    if (now < least) since = clock.monotonic();
    least = Math.min(least, now);
  }
  return least;
}
