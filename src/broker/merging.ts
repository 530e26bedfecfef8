import { smallObjects, smallTexts } from '../metadata/small-objects.ts';
import { CompactionRegistration } from '../processor/compaction/registration.ts';
import {
  type MergeJobParts,
  type MergeSettings,
  segmentMergeJob,
  tableExpiryJob,
  tableMergeJob,
} from '../processor/merging/jobs.ts';
import { mergeMetersOf } from '../processor/merging/metrics.ts';
import { PackMerges } from '../processor/merging/pack-merges.ts';
import type { SegmentMergeParts } from '../processor/merging/segment-merges.ts';
import { textRenewalJob, type TextRenewalParts } from '../processor/merging/text-renewal.ts';
import { TextMerges } from '../processor/merging/text-merges.ts';
import type { Merging } from '../processor/merging/types.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import type { PackSink } from '../processor/packs/sink.ts';
import type { TableService } from '../processor/tables/service.ts';
import type { TextService } from '../processor/text/service.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Merging of text costs about what indexing does; it must not cost as much as serving clients. */
const TEXT_SHARE = 1 / 4;

function mergeSettings({ settings }: BrokerParts): MergeSettings {
  return {
    minPieces: settings['merge.min.pieces'],
    targetBytes: settings['merge.target.bytes'],
    intervalMs: settings['merge.interval.ms'],
    concurrent: settings['merge.max.concurrent'],
    memoryBytes: settings['merge.memory.bytes'],
    maxBytesPerSecond: settings['merge.max.bytes.per.second'],
  };
}

function jobParts(parts: BrokerParts, { catalog }: Pick<Topics, 'catalog'>): MergeJobParts {
  return {
    settings: mergeSettings(parts),
    policyOf(topicId) {
      const topic = catalog.byId(topicId);
      return topic === undefined ? undefined : catalog.searchConfig(topic).mergePolicy;
    },
    logger: parts.logger.child('merging'),
  };
}

/** Hands the scheduler the work that merges small files of tables, and that removes what is old of them. */
export function defineMerging(
  jobs: Scheduler,
  parts: BrokerParts,
  topics: Pick<Topics, 'catalog'>,
  { tables }: { readonly tables: TableService },
): void {
  const { settings } = parts;
  jobs.define(tableMergeJob(jobParts(parts, topics), tables));
  const expiry = {
    retentionMs: settings['table.snapshot.retention.ms'],
    intervalMs: settings['table.expiry.interval.ms'],
  };
  jobs.define(tableExpiryJob(tables, expiry));
}

interface SegmentWorkers {
  readonly packs: PackSink;
  readonly text: TextService;
  readonly merging: Merging;
  readonly uploads: Set<string>;
}

/** Hands the scheduler the work that merges packs and text segments. */
export function defineSegmentMerging(
  jobs: Scheduler,
  parts: BrokerParts,
  { sql }: Storage,
  topics: Topics,
  { packs, text, merging, uploads }: SegmentWorkers,
): void {
  const { clock } = parts;
  const { catalog, log } = topics;
  const registration = new CompactionRegistration(sql, clock);
  const partitions = (topicId: string) => log.partitionsOf(topicId);
  const shared: SegmentMergeParts = { merging, registration, partitions, clock, uploads };
  const meters = mergeMetersOf(parts.metrics);
  // Compaction rewrites groups of sections, with their text, by itself.
  const mergeable = catalogTopics(topics);
  const common = { ...jobParts(parts, topics), meters, clock };
  meters.show('pack', () => packs.status().total.bytesWritten);
  jobs.define(
    segmentMergeJob({
      ...common,
      kind: 'pack',
      summary: 'Merges small packs into larger ones.',
      merger: new PackMerges({ ...shared, smallObjects: (ids, below) => smallObjects(sql, ids, below) }),
      topicIds: () => mergeable(() => true),
      stored: () => Promise.resolve(packs.status().total.segments),
    }),
  );
  const isSearched = (topicId: string): boolean => {
    const topic = catalog.byId(topicId);
    return topic !== undefined && catalog.searchConfig(topic).search;
  };
  const searched = (): readonly string[] =>
    catalog.all().flatMap(({ topicId }) => (isSearched(topicId) ? [topicId] : []));
  jobs.define(textRenewalJob({ ...shared, ...renewalParts(parts, text), topicIds: searched }));
  let textBytes = 0;
  meters.show('text', () => textBytes);
  jobs.define(
    segmentMergeJob({
      ...common,
      kind: 'text',
      summary: 'Merges small text segments of a partition into larger ones.',
      share: TEXT_SHARE,
      merger: new TextMerges({ ...shared, smallTexts: (ids, below, least) => smallTexts(sql, ids, below, least) }),
      topicIds: () => mergeable(isSearched),
      async stored() {
        const { indexes, bytesWritten } = await text.status();
        textBytes = bytesWritten;
        return indexes;
      },
    }),
  );
}

function renewalParts(
  { settings }: BrokerParts,
  text: TextService,
): Pick<TextRenewalParts, 'settled' | 'maxBytesPerSecond' | 'intervalMs'> {
  return {
    async settled() {
      await text.ready();
      return (await text.status()).failing;
    },
    maxBytesPerSecond: settings['merge.max.bytes.per.second'],
    intervalMs: settings['merge.interval.ms'],
  };
}

/** Ids of the topics that are not compacted and of which `also` holds. */
function catalogTopics({ catalog, log }: Topics): (also: (topicId: string) => boolean) => readonly string[] {
  return (also) =>
    catalog
      .all()
      .map(({ topicId }) => topicId)
      .filter((topicId) => log.partitionsOf(topicId)[0]?.config.compact === false && also(topicId));
}
