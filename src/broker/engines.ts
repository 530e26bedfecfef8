import { codecs } from '../base/compression.ts';
import { systemClock } from '../base/clock.ts';
import { memoryDisk } from '../base/disk-memory.ts';
import { systemDisk } from '../base/disk-system.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { createMetrics } from '../base/metrics.ts';
import { processMetrics, threadMetrics } from '../base/process-metrics.ts';
import { systemProcesses } from '../base/processes.ts';
import { systemRandom } from '../base/random.ts';
import { liveSettings } from '../config/live.ts';
import { nameOf } from '../config/load.ts';
import { defaultSettings, type Settings } from '../config/settings.ts';
import type { BrokerParts } from './parts.ts';
import { openProcessing, type Processing } from './processing.ts';
import { IN_MEMORY, locate, lockData, openStorage, type Storage } from './storage.ts';
import { openTopics, type Topics } from './topics.ts';

/** How an embedded broker is started. */
export interface BrokerOptions {
  /** Settings that differ from the defaults. Without `data.dir` everything lives in memory, and without ports they are free ones. */
  readonly settings?: Partial<Settings>;
  /** Says nothing unless given. */
  readonly logger?: Logger;
  /** Other parts than the usual ones, such as a faulty disk. Threads, which only a broker on a data directory has, keep to the usual ones. */
  readonly parts?: Partial<Pick<BrokerParts, 'disk' | 'clock' | 'random' | 'processes' | 'reached'>>;
  /** Called as recovery goes on: bytes of WAL read, and bytes to read. */
  readonly onRecovery?: (doneBytes: number, totalBytes: number) => void;
}

const EMBEDDED: Partial<Settings> = { 'data.dir': IN_MEMORY, 'kafka.port': 0, 'http.port': 0 };

/** What a broker with these options is made of. Throws SettingsError for a setting that there is not. */
export function partsOf(options: BrokerOptions): BrokerParts {
  const given = Object.entries(options.settings ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [nameOf(name, 'option'), value] as const);
  const live = liveSettings({ ...defaultSettings(), ...EMBEDDED, ...Object.fromEntries(given) });
  const { settings } = live;
  const inMemory = settings['data.dir'] === IN_MEMORY;
  return {
    settings,
    changeSettings: live.change,
    inMemory,
    clock: systemClock,
    random: systemRandom,
    logger: options.logger ?? silentLogger,
    metrics: createMetrics(),
    disk: inMemory ? memoryDisk() : systemDisk,
    processes: systemProcesses,
    codecs,
    reached() {},
    ...options.parts,
  };
}

/** What has been opened so far, to be closed in reverse. */
export class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.unshift(close);
  }

  /** Closes all, even when one fails; the first failure is then thrown. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Runs one phase of the start and says how long it took. */
export async function phase<T>(parts: BrokerParts, name: string, task: () => Promise<T>): Promise<T> {
  const started = parts.clock.monotonic();
  const result = await task();
  parts.logger.info({ phase: name, milliseconds: Math.round(parts.clock.monotonic() - started) }, `${name} is ready`);
  return result;
}

/** What every way to start has in common. */
export interface Engines {
  readonly storage: Storage;
  readonly topics: Topics;
  readonly processing: Processing;
}

/** CPU, memory and disk that this broker uses. */
function showResources({ metrics, disk }: BrokerParts, folder: string): void {
  processMetrics(metrics);
  threadMetrics(metrics, 'main');
  metrics.gaugeFrom('quarry_disk_used_bytes', 'Used bytes of the file system that holds the data directory.', () =>
    disk.inUse(folder),
  );
  metrics.gaugeFrom('quarry_disk_free_bytes', 'Free bytes of the file system that holds the data directory.', () =>
    disk.free(folder),
  );
}

/** Opens storage, log and processor; nothing runs in the background yet. Rejects with the reason; the caller then closes `opened`. */
export async function openEngines(
  parts: BrokerParts,
  opened: Opened,
  onRecovery: BrokerOptions['onRecovery'] = () => {},
): Promise<Engines> {
  const locations = locate(parts.settings);
  // Before anything in the folder is touched; given back after everything else is closed.
  const lock = lockData(parts, locations);
  opened.add(() => Promise.resolve(lock.release()));
  showResources(parts, locations.data);
  const storage = await phase(parts, 'storage', () => openStorage(parts, locations));
  opened.add(() => storage.close());
  const topics = await phase(parts, 'log', () => openTopics(parts, storage, onRecovery));
  opened.add(() => topics.log.close());
  const processing = await phase(parts, 'processor', () => openProcessing(parts, storage, topics));
  opened.add(() => processing.stop());
  return { storage, topics, processing };
}
