import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { codecs } from '../../base/compression.ts';
import { systemDisk } from '../../base/disk-system.ts';
import { threadLogger } from '../../base/logger.ts';
import { createMetrics } from '../../base/metrics.ts';
import { threadMetrics } from '../../base/process-metrics.ts';
import { systemRandom } from '../../base/random.ts';
import { openStoreStack } from '../../objects/open.ts';
import { Channel } from '../../base/channel.ts';
import { Compactor } from './compactor.ts';
import type { CompactionHostCalls, CompactionWorkerCalls, CompactionWorkerOptions } from './thread.ts';

/** Background work gives way to the threads that answer clients, and compaction to all other. On Linux this concerns the calling thread only. */
const NICE = 15;

/** Serves calls over the port until the thread is ended from outside. */
function serve(port: MessagePort, options: CompactionWorkerOptions): void {
  const metrics = createMetrics();
  threadMetrics(metrics, 'compaction');
  const parts = { clock: systemClock, random: systemRandom, disk: systemDisk, metrics };
  const opened = openStoreStack(options.objectsUrl, { ...parts, retry: options.retry }).then((store) => {
    const logger = threadLogger(options.logLevels).child('compaction');
    return new Compactor({ ...parts, ...options, store, codecs, logger, uploadFiles: true });
  });
  // Who asks for a pass is told.
  opened.catch(() => {});
  const host = {
    announce: (objectKey: string) => channel.call('announce', objectKey),
    abandon: (objectKey: string) => void channel.call('abandon', objectKey).catch(() => {}),
    swap: (swap: Parameters<CompactionHostCalls['swap']>[0]) => channel.call('swap', swap),
    swapSection: (swap: Parameters<CompactionHostCalls['swapSection']>[0]) => channel.call('swapSection', swap),
    swapText: (swap: Parameters<CompactionHostCalls['swapText']>[0]) => channel.call('swapText', swap),
    swapPack: (swap: Parameters<CompactionHostCalls['swapPack']>[0]) => channel.call('swapPack', swap),
  };
  const calls: { [Name in keyof CompactionWorkerCalls]: CompactionWorkerCalls[Name] } = {
    compact: async (task) => (await opened).compact(task, host),
    erase: async (task) => (await opened).erase(task, host),
    mergePacks: async (task) => (await opened).mergePacks(task, host),
    mergeText: async (task) => (await opened).mergeText(task, host),
    metrics: () => metrics.snapshot(),
  };
  const channel = new Channel<CompactionHostCalls>(port, calls);
}

setPriority(NICE);
serve(present(parentPort, 'parent port'), workerData as CompactionWorkerOptions);
