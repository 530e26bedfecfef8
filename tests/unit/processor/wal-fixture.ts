import type { Clock } from '../../../src/base/clock.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { Wal } from '../../../src/wal/wal.ts';

export interface WalLimits {
  readonly maxBytes?: number;
}

/** A WAL whose segments are sealed by hand. */
export function openWal(disk: Disk, clock: Clock, folder = '/wal', limits: WalLimits = {}): Promise<Wal> {
  return Wal.open({
    disk,
    folder,
    clock,
    random: seededRandom(42),
    logger: silentLogger,
    metrics: createMetrics(),
    processes: { self: 'test', alive: () => false },
    brokerId: 1,
    sealBytes: 512 * 1024 * 1024,
    sealAgeMs: 3_600_000,
    maxBytes: limits.maxBytes ?? 1024 ** 3,
    lingerMs: 0,
    spareFiles: 0,
    recycledFiles: 0,
    maxQueueBytes: 1024 ** 3,
    indexCacheBytes: 1024 * 1024,
    minimumSequence: 0,
    state: { snapshot: () => new Uint8Array(0), load: () => {}, replay: () => {} },
    onProgress: () => {},
    defer: (task) => void setImmediate(task),
  });
}

/** A batch and where it belongs. */
export interface Placed {
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly offset: number;
  readonly batch: Uint8Array;
}

/** Appends batches and seals the segment; resolves with its sequence when it is sealed. */
export async function sealWith(wal: Wal, placed: readonly Placed[]): Promise<number> {
  const sealed = new Promise<number>((resolve) => {
    const unlisten = wal.onSealed((segment) => {
      unlisten();
      resolve(segment.sequence);
    });
  });
  for (const { topicId, partition, offset, batch } of placed)
    wal.append(wal.partition(topicId, partition), offset, batch);
  wal.roll();
  return sealed;
}
