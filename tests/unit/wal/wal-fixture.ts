import { systemClock } from '../../../src/base/clock.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { WalOptions } from '../../../src/wal/options.ts';
import { Wal } from '../../../src/wal/wal.ts';
import type { WalPartition } from '../../../src/wal/partition.ts';
import { silentMetrics } from '../../../simulation/silent-metrics.ts';
import { batch } from '../log/log-fixture.ts';

export const FOLDER = '/wal';
export const TOPIC = new Uint8Array(16).fill(7);

/** What a WAL needs, in memory. */
export function walOptions(options: Partial<WalOptions> = {}): WalOptions {
  return {
    disk: memoryDisk(),
    folder: FOLDER,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: silentMetrics,
    processes: { self: '1 1', alive: () => false },
    brokerId: 1,
    sealBytes: 64 * 1024,
    sealAgeMs: 60_000,
    maxBytes: 1024 * 1024,
    lingerMs: 0,
    spareFiles: 0,
    recycledFiles: 0,
    maxQueueBytes: 1024 * 1024,
    indexCacheBytes: 1024 * 1024,
    minimumSequence: 0,
    state: { snapshot: () => new Uint8Array(), load() {}, replay() {} },
    onProgress() {},
    defer: setImmediate,
    ...options,
  };
}

export function openWal(options: Partial<WalOptions> = {}): Promise<Wal> {
  return Wal.open(walOptions(options));
}

/** Appends a batch of one record and gives what the WAL said. The base offset is that after the last one. */
export function append(wal: Wal, partition: WalPartition, value: string): Promise<void> {
  const offset = (partition.parts.at(-1)?.lastOffset ?? -1) + 1;
  return wal.append(partition, offset, batch([value], { baseOffset: offset })).durable;
}

/** The names in the folder. */
export function names(disk: Disk): string[] {
  return disk.list(FOLDER).map((entry) => entry.name);
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
