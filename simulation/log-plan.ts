import { below, type Random } from '../src/base/random.ts';

/** What one seed is made of: sizes, speeds, and what goes wrong how often. Printed when the seed fails. */
export interface LogPlan {
  readonly partitions: number;
  readonly producersPerPartition: number;
  readonly sealBytes: number;
  readonly sealAgeMs: number;
  readonly spareFiles: number;
  readonly tailMaxBytes: number;
  readonly lingerMs: number;
  readonly indexCacheBytes: number;
  /** Longest sync, in simulated ms. */
  readonly syncMs: number;
  /** Bytes that the disk holds. */
  readonly capacity: number;
  /** Probabilities per call. */
  readonly failedSync: number;
  readonly failedWrite: number;
  readonly failedRead: number;
  /** Longest time between two crashes, in simulated ms. */
  readonly crashMs: number;
  /** Share of crashes that are power cuts; the others end the process only. */
  readonly cuts: number;
  /** Of unsynced sectors at a power cut: the share that is kept, and of the others the share that is garbage. */
  readonly kept: number;
  readonly garbage: number;
  /** Sealed segments are packed and drained. */
  readonly packs: boolean;
  /** -1 is no limit. */
  readonly retentionBytes: number;
}

/** The plan of a seed. Some seeds have none of a kind of fault, so that others show better. */
export function planOf(random: Random): LogPlan {
  const some = (most: number, chance = 0.5): number => (random.float() < chance ? random.float() * most : 0);
  const spareFiles = below(random, 3);
  const sealBytes = 8192 * (1 + below(random, 5));
  const partitions = 1 + below(random, 3);
  return {
    partitions,
    producersPerPartition: 1 + below(random, 2),
    sealBytes,
    sealAgeMs: 50 + below(random, 1000),
    spareFiles,
    tailMaxBytes: random.float() < 0.5 ? 0 : below(random, 100_000),
    lingerMs: random.float() < 0.2 ? 1 + below(random, 5) : 0,
    indexCacheBytes: random.float() < 0.5 ? 0 : 4096,
    syncMs: 1 + below(random, 8),
    capacity: random.float() < 0.2 ? sealBytes * (6 + below(random, 4)) : Number.MAX_SAFE_INTEGER,
    failedSync: some(0.01),
    failedWrite: some(0.005, 0.25),
    failedRead: some(0.05, 0.25),
    crashMs: 50 + below(random, 700),
    cuts: random.float(),
    kept: random.float(),
    garbage: some(1),
    packs: random.float() < 0.7,
    retentionBytes: random.float() < 0.25 ? 20_000 + below(random, 60_000) : -1,
  };
}
