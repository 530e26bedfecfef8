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
import { lazyCatalog, meteredCatalog, openCatalog } from '../../lake/index.ts';
import { openStoreStack } from '../../objects/open.ts';
import { Channel } from '../../base/channel.ts';
import type { TableCalls, TableHostCalls, TableWorkerOptions } from './messages.ts';
import { answersOf } from './engine.ts';
import { openTableSink } from './open.ts';

/** Tables give way to the threads that answer clients, and to the text index. On Linux this concerns the calling thread only. */
const NICE = 12;

async function openSink(options: TableWorkerOptions, host: () => Channel<TableHostCalls>) {
  const metrics = createMetrics();
  threadMetrics(metrics, 'tables');
  const parts = { clock: systemClock, random: systemRandom, metrics };
  const store = await openStoreStack(options.objectsUrl, { ...parts, disk: systemDisk, retry: options.retry });
  const { catalogUrl, pool } = options;
  const open = lazyCatalog(() => openCatalog(catalogUrl, { metrics, pool }));
  const catalog = meteredCatalog(open, metrics, systemClock);
  const tables = openTableSink({
    ...parts,
    ...options,
    store,
    catalog,
    codecs,
    logger: threadLogger(options.logLevels).child('tables'),
    disk: systemDisk,
    uploadFiles: true,
    host: {
      readLog: (topicId, partition, offset) => host().call('readLog', { topicId, partition, offset }),
      announce: (objectKey) => host().call('announce', objectKey),
      settle: (files) => host().call('settle', files),
      unsettled: (prefix) => host().call('unsettled', prefix),
      discard: (objectKeys) => host().call('discard', objectKeys),
      mergeProgress: (topicId, bytes) => host().call('mergeProgress', { topicId, bytes }),
    },
  });
  return { metrics, store, answers: answersOf(tables) };
}

/** Serves calls over the port until `stop`. */
function serve(port: MessagePort, options: TableWorkerOptions): void {
  const opened = openSink(options, () => channel);
  // Who waits for `ready` is told; nobody else can come before.
  opened.catch(() => {});
  const answer =
    (name: keyof TableCalls) =>
    async (argument: never, signal: AbortSignal): Promise<unknown> =>
      (await opened).answers[name](argument, signal);
  const calls: { [Name in keyof TableCalls]: (argument: never, signal: AbortSignal) => unknown } = {
    ready: answer('ready'),
    start: answer('start'),
    addTopic: answer('addTopic'),
    removeTopic: answer('removeTopic'),
    advanced: answer('advanced'),
    pause: answer('pause'),
    resume: answer('resume'),
    flush: answer('flush'),
    mergesDue: answer('mergesDue'),
    merge: answer('merge'),
    expire: answer('expire'),
    status: answer('status'),
    askCatalog: answer('askCatalog'),
    files: answer('files'),
    verify: answer('verify'),
    erase: answer('erase'),
    trim: answer('trim'),
    drop: answer('drop'),
    metrics: async () => (await opened).metrics.snapshot(),
    async stop(none: never, signal) {
      await answer('stop')(none, signal);
      await (await opened).store.close();
      setImmediate(() => port.close());
    },
  };
  const channel = new Channel<TableHostCalls>(port, calls);
}

setPriority(NICE);
serve(present(parentPort, 'parent port'), workerData as TableWorkerOptions);
