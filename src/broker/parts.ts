import type { Codecs } from '../../protocol/records/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Processes } from '../base/processes.ts';
import type { Random } from '../base/random.ts';
import type { Settings } from '../config/settings.ts';

/** What every part of the broker is made of. */
export interface BrokerParts {
  readonly settings: Settings;
  /** Gives those of LIVE_SETTINGS new values, as texts by their names; the others are again what they were at the start. */
  readonly changeSettings: (texts: ReadonlyMap<string, string>) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly codecs: Codecs;
  /** Everything lives in memory and in this thread. */
  readonly inMemory: boolean;
  /** Told of moments between two steps that belong together, by name; tests end the process there. */
  readonly reached: (moment: string) => void;
}

/** Bytes that one record batch may have when decompressed, wherever it is decoded. */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024;
