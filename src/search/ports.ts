import type { Codecs } from '../../protocol/records/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Metrics } from '../base/metrics.ts';
import type { TextSearcher } from '../fulltext/query.ts';
import type { Log } from '../log/types.ts';
import type { TextSegmentRow } from '../metadata/types.ts';
import type { SearchCatalog } from './topics.ts';

/** The registry of sealed text segments, as one snapshot a call. */
export interface TextSegmentSource {
  textSegments(topicIds: readonly string[]): Promise<readonly TextSegmentRow[]>;
}

export interface SearchSettings {
  /** How long a search waits for records acknowledged before it to be indexed, in ms (`search.max.wait.ms`). */
  readonly maxWaitMs: number;
  /** Time for a search unless the request says less, in ms (`search.timeout.ms`). */
  readonly timeoutMs: number;
  /** Most bytes that one record batch may have when decompressed. */
  readonly maxBatchBytes: number;
}

/** What a search needs; wired by the broker. */
export interface SearchPorts {
  readonly catalog: SearchCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly segments: TextSegmentSource;
  readonly searcher: TextSearcher;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly settings: SearchSettings;
}
