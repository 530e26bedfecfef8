import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { systemDisk } from '../../base/disk-system.ts';
import { createMetrics } from '../../base/metrics.ts';
import { threadMetrics } from '../../base/process-metrics.ts';
import { systemRandom } from '../../base/random.ts';
import { openStoreStack } from '../../objects/open.ts';
import { PackBuilder } from './builder.ts';
import { type PackAnswer, type PackRequest, type PackWorkerOptions, READY } from './messages.ts';

/** Background work gives way to the threads that answer clients. On Linux this concerns the calling thread only. */
const NICE = 10;

async function serve(port: MessagePort, options: PackWorkerOptions): Promise<void> {
  const metrics = createMetrics();
  threadMetrics(metrics, 'packs');
  const parts = { clock: systemClock, random: systemRandom, disk: systemDisk, metrics };
  const store = await openStoreStack(options.objectsUrl, { ...parts, retry: options.retry });
  const builder = new PackBuilder({ ...options, disk: systemDisk, uploadFiles: true, store });
  port.on('message', (request: PackRequest) => {
    if (request.kind === 'close') {
      void store.close().then(() => port.close());
      return;
    }
    const answer: Promise<PackAnswer> =
      request.kind === 'build'
        ? builder.build(request.task).then((built) => ({ id: request.id, built }))
        : metrics.snapshot().then((snapshot) => ({ id: request.id, metrics: snapshot }));
    answer.then(
      (message) => port.postMessage(message),
      (error: unknown) => port.postMessage(failure(request.id, error)),
    );
  });
  port.postMessage({
    id: READY,
    built: { sections: [], bytesRead: 0, bytesWritten: 0, corrupt: [] },
  } satisfies PackAnswer);
}

function failure(id: number, error: unknown): PackAnswer {
  return { id, error: error instanceof Error ? error.message : String(error) };
}

setPriority(NICE);
const port = present(parentPort, 'parent port');
serve(port, workerData as PackWorkerOptions).catch((error: unknown) => {
  port.postMessage(failure(READY, error));
  port.close();
});
