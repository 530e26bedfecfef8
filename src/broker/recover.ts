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
  /** Why something is left. */
  readonly failures: readonly string[];
}

/** Pause between looks at the index. */
const LOOK_MS = 50;
/** An index that does not get on for so long is left. */
const PATIENCE_MS = 30_000;

/**
 * Opens a data directory without serving anybody, recovers its WAL, packs all of it, indexes what is not indexed, and closes. What is left shows in
 * the summary. Rejects as `Broker.start` does.
 */
export async function recover(options: BrokerOptions): Promise<RecoverySummary> {
  const parts = partsOf(options);
  const opened = new Opened();
  let summary: RecoverySummary;
  try {
    const engines = await openEngines(parts, opened, options.onRecovery);
    summary = await processAll(parts, engines);
  } catch (error) {
    // What failed first is the reason; a failure to close adds nothing to it.
    await opened.close().catch(() => {});
    throw error;
  }
  await opened.close();
  return summary;
}

async function processAll(parts: BrokerParts, { topics, processing }: Engines): Promise<RecoverySummary> {
  const { packs, text } = processing;
  await text.start();
  do await packs.run(true);
  while (packs.status().waiting > 0 && packs.status().failing === undefined);
  const offsetsLeft = await indexAll(parts, { topics, processing });
  await text.seal();
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
    segmentsLeft: waiting,
    offsetsLeft,
    failures: [failing, indexed.failing].filter((reason) => reason !== undefined),
  };
}

/** Waits until every searched partition is indexed, as long as that gets on; the number of offsets that are not. */
async function indexAll(
  { clock }: BrokerParts,
  { topics: { catalog, log }, processing }: Pick<Engines, 'topics' | 'processing'>,
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
  while (least > 0 && clock.monotonic() - since < PATIENCE_MS) {
    await sleep(clock, LOOK_MS);
    const now = left();
    if (now < least) since = clock.monotonic();
    least = Math.min(least, now);
  }
  return least;
}
