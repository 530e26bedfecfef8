import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { codecs } from '../../base/compression.ts';
import { systemDisk } from '../../base/disk-system.ts';
import { threadLogger } from '../../base/logger.ts';
import { createMetrics, type Metrics } from '../../base/metrics.ts';
import { threadMetrics } from '../../base/process-metrics.ts';
import { systemRandom } from '../../base/random.ts';
import { type Catalog, meteredCatalog, openCatalog } from '../../lake/index.ts';
import { openStoreStack } from '../../objects/open.ts';
import { Channel } from '../../base/channel.ts';
import type { TableCalls, TableHostCalls, TableWorkerOptions } from './messages.ts';
import { openTableSink } from './open.ts';

/** Tables give way to the threads that answer clients, and to the text index. On Linux this concerns the calling thread only. */
const NICE = 12;

async function openSink(options: TableWorkerOptions, host: () => Channel<TableHostCalls>) {
  const metrics = createMetrics();
  threadMetrics(metrics, 'tables');
  const parts = { clock: systemClock, random: systemRandom, metrics };
  const store = await openStoreStack(options.objectsUrl, { ...parts, disk: systemDisk, retry: options.retry });
  const sink = openTableSink({
    ...parts,
    ...options,
    store,
    catalog: meteredCatalog(await openOwnCatalog(options.catalogUrl, metrics), metrics, systemClock),
    codecs,
    logger: threadLogger(options.logLevels).child('tables'),
    host: {
      readLog: (topicId, partition, offset) => host().call('readLog', { topicId, partition, offset }),
      announce: (objectKey) => host().call('announce', objectKey),
      settle: (files) => host().call('settle', files),
      unsettled: (prefix) => host().call('unsettled', prefix),
      discard: (objectKeys) => host().call('discard', objectKeys),
    },
  });
  return { metrics, store, sink };
}

/**
 * The catalog that a URL names: `sqlite:PATH` or `memory:`. Rejects with a RangeError for others: in a catalog elsewhere a commit that was
 * under way in a crash could happen after the next start has given up its files.
 */
async function openOwnCatalog(url: string, metrics: Metrics): Promise<Catalog> {
  if (/^(memory|sqlite):/.test(url)) return openCatalog(url, { metrics });
  throw new RangeError(`catalog '${url}' is not supported: use sqlite:PATH or memory:`);
}

/** Serves calls over the port until `stop`. */
function serve(port: MessagePort, options: TableWorkerOptions): void {
  const opened = openSink(options, () => channel);
  // Who waits for `ready` is told; nobody else can come before.
  opened.catch(() => {});
  const sink = async () => (await opened).sink;
  const calls: { [Name in keyof TableCalls]: (argument: never) => unknown } = {
    ready: async () => void (await opened),
    start: async () => (await sink()).start(),
    addTopic: async (spec: Parameters<TableCalls['addTopic']>[0]) => (await sink()).addTopic(spec),
    removeTopic: async (of: Parameters<TableCalls['removeTopic']>[0]) => (await sink()).removeTopic(of),
    advanced: async (partitions: Parameters<TableCalls['advanced']>[0]) => (await sink()).advanced(partitions),
    pause: async () => (await sink()).pause(),
    resume: async () => (await sink()).resume(),
    flush: async () => (await sink()).flushNow(),
    status: async () => (await sink()).status(),
    askCatalog: async () => (await sink()).askCatalog(),
    erase: async (task: Parameters<TableCalls['erase']>[0]) => (await sink()).erase(task),
    metrics: async () => (await opened).metrics.snapshot(),
    stop: async () => {
      await (await sink()).stop();
      await (await opened).store.close();
      setImmediate(() => port.close());
    },
  };
  const channel = new Channel<TableHostCalls>(port, calls);
}

setPriority(NICE);
serve(present(parentPort, 'parent port'), workerData as TableWorkerOptions);
