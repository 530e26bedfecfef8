import { systemClock } from '../../../src/base/clock.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openObjectStore, openStoreStack } from '../../../src/objects/open.ts';
import { objectStoreContract } from './suite.ts';

export const parts = { clock: systemClock, random: systemRandom };
const retry = { attempts: 3, baseMs: 10, maxMs: 100, factor: 2 };

/** The contract over a server with the buckets `plain` and `stack`: bare below a prefix, and with all that goes around a store. */
export function remoteStoreContract(
  scheme: string,
  url: (path: string) => string,
  classes: readonly string[],
  showsClasses = true,
): void {
  const open = async () => ({ store: await openObjectStore(url('plain/some/prefix'), parts) });
  objectStoreContract(scheme, open, classes, showsClasses);
  const openStack = async () => ({
    store: await openStoreStack(url('stack'), {
      ...parts,
      retry,
      disk: memoryDisk(),
      metrics: createMetrics(),
      cache: { folder: '/cache', maxBytes: 64 * 1024 * 1024 },
    }),
  });
  objectStoreContract(`${scheme} without a prefix, with the whole stack`, openStack, classes, showsClasses);
}
