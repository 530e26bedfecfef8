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
import { DurableWatermark } from '../../wal/watermark.ts';
import { Channel } from '../../base/channel.ts';
import { sinkMetrics } from './metrics.ts';
import type { TextHostCalls, TextWorkerCalls, TextWorkerOptions } from './messages.ts';
import { TextSink } from './sink.ts';

/** Indexing gives way to the threads that answer clients. On Linux this concerns the calling thread only. */
const NICE = 10;

async function openSink(options: TextWorkerOptions, host: () => Channel<TextHostCalls>) {
  const metrics = createMetrics();
  threadMetrics(metrics, 'text');
  const parts = { clock: systemClock, random: systemRandom, disk: systemDisk, metrics };
  const { objectsUrl, retry, cache } = options;
  const store = await openStoreStack(objectsUrl, { ...parts, retry, cache });
  const sink = new TextSink({
    ...parts,
    ...options,
    store,
    codecs,
    watermark: new DurableWatermark(options.watermark),
    logger: threadLogger(options.logLevels).child('text'),
    host: {
      announce: (objectKey) => host().call('announce', objectKey),
      abandon: (objectKey) =>
        void host()
          .call('abandon', objectKey)
          .catch(() => {}),
      register: (objectKey, segments) => host().call('register', { objectKey, segments }),
      readLog: (topicId, partition, offset) => host().call('readLog', { topicId, partition, offset }),
      frontier: (partitions) => host().call('frontier', partitions),
      // A host that refuses has said so itself.
      doneBelow: (sequence) =>
        void host()
          .call('doneBelow', sequence)
          .catch(() => {}),
    },
  });
  sinkMetrics(metrics, sink);
  return { metrics, store, sink };
}

/** Serves calls over the port until `stop`. */
function serve(port: MessagePort, options: TextWorkerOptions): void {
  const opened = openSink(options, () => channel);
  // Who waits for `ready` is told; nobody else can come before.
  opened.catch(() => {});
  const calls: { [Name in keyof TextWorkerCalls]: (argument: never, signal: AbortSignal) => unknown } = {
    ready: async () => void (await opened),
    start: async () => (await opened).sink.start(),
    addTopic: async (spec: Parameters<TextWorkerCalls['addTopic']>[0]) => (await opened).sink.addTopic(spec),
    expire: async (of: Parameters<TextWorkerCalls['expire']>[0]) => (await opened).sink.expire(of),
    removeTopic: async (topicId: string) => (await opened).sink.removeTopic(topicId),
    search: async (request: Parameters<TextWorkerCalls['search']>[0], signal) =>
      (await opened).sink.search(request, signal),
    pause: async () => (await opened).sink.pause(),
    resume: async () => (await opened).sink.resume(),
    seal: async () => (await opened).sink.sealNow(),
    skipTo: async (sequence: number) => (await opened).sink.skipTo(sequence),
    status: async () => (await opened).sink.status(),
    metrics: async () => (await opened).metrics.snapshot(),
    stop: async () => {
      const { sink, store } = await opened;
      await sink.stop();
      await store.close();
      setImmediate(() => port.close());
    },
  };
  const channel = new Channel<TextHostCalls>(port, calls);
}

setPriority(NICE);
serve(present(parentPort, 'parent port'), workerData as TextWorkerOptions);
