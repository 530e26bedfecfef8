import { Wal } from '../wal/wal.ts';
import { LocalLog } from './local-log.ts';
import type { LogOptions } from './options.ts';
import { StateOfLog } from './state.ts';

/**
 * Opens the log: takes the WAL folder, recovers it, and enters the topics. Rejects with DirectoryInUse, WalFormatError or the disk's error.
 */
export async function openLog(options: LogOptions): Promise<LocalLog> {
  const { folder, disk, clock, random, logger, metrics, processes, settings } = options;
  const state = new StateOfLog(() => clock.now());
  const wal = await Wal.open({
    folder,
    disk,
    clock,
    random,
    logger,
    metrics,
    processes,
    locked: options.locked ?? false,
    state,
    brokerId: settings.brokerId,
    sealBytes: settings.sealBytes,
    sealAgeMs: settings.sealAgeMs,
    maxBytes: settings.walMaxBytes,
    lingerMs: settings.lingerMs,
    spareFiles: settings.spareFiles,
    recycledFiles: settings.recycledFiles,
    maxQueueBytes: settings.maxQueueBytes,
    indexCacheBytes: settings.indexCacheBytes,
    minimumSequence: options.minimumSequence,
    onProgress: options.onProgress ?? (() => {}),
    defer: options.defer ?? setImmediate,
  });
  return new LocalLog(options, wal, state);
}
