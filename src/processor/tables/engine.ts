import { Worker } from 'node:worker_threads';
import { type Clock, sleep } from '../../base/clock.ts';
import { Channel } from '../../base/channel.ts';
import type { TableCalls, TableHostCalls, TableWorkerOptions } from './messages.ts';
import type { TableSink } from './sink.ts';
import type { TableHost } from './types.ts';

/** Time that the table thread has to put what it holds into the tables at the end; what it does not is read again. */
const STOP_LIMIT_MS = 4000;

/** The table sink, in this thread or another. */
export interface TableEngine {
  call<Name extends keyof TableCalls>(
    name: Name,
    argument: Parameters<TableCalls[Name]>[0],
  ): Promise<Awaited<ReturnType<TableCalls[Name]>>>;
  /** Ends it, gracefully where that does not take too long. Never rejects. */
  close(): Promise<void>;
}

/**
 * Runs the sink in a thread of its own. Returns at once, calls wait until the thread is there; `onFailure` is told once when it cannot start
 * or dies, after which all calls fail.
 */
export function startTableThread(
  options: TableWorkerOptions,
  host: TableHost,
  clock: Clock,
  onFailure: (error: Error) => void,
): TableEngine {
  const module = new URL(`./table-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
  const worker = new Worker(module, { workerData: options, name: 'tables' });
  const calls: { [Name in keyof TableHostCalls]: TableHostCalls[Name] } = {
    readLog: ({ topicId, partition, offset }) => host.readLog(topicId, partition, offset),
    announce: (objectKey) => host.announce(objectKey),
    settle: (files) => host.settle(files),
    unsettled: (prefix) => host.unsettled(prefix),
    discard: (objectKeys) => host.discard(objectKeys),
  };
  const channel = new Channel<TableCalls>(worker, calls);
  let failed = false;
  const fail = (error: Error): void => {
    if (!failed) onFailure(error);
    failed = true;
  };
  worker.on('error', (cause) => {
    fail(cause);
    channel.close(new Error(`the table thread failed: ${cause.message}`, { cause }));
  });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      channel.close(new Error('the table thread has ended'));
      resolve();
    });
  });
  channel.call('ready', null).catch(fail);
  return {
    call: (name, argument) => channel.call(name, argument),
    async close() {
      failed = true;
      const over = new AbortController();
      const ended = channel.call('stop', null).then(
        () => exited,
        () => {},
      );
      await Promise.race([ended, sleep(clock, STOP_LIMIT_MS, over.signal)]);
      over.abort();
      await worker.terminate();
    },
  };
}

/** The sink in this thread: for brokers in memory. It is loaded and opened in the background; calls wait for it. */
export function inlineTableEngine(open: () => Promise<TableSink>, onFailure: (error: Error) => void): TableEngine {
  const sink = open();
  sink.catch(onFailure);
  const calls: { [Name in keyof TableCalls]: (sink: TableSink, argument: never) => unknown } = {
    ready: () => undefined,
    start: (one) => one.start(),
    addTopic: (one, spec: Parameters<TableCalls['addTopic']>[0]) => one.addTopic(spec),
    removeTopic: (one, of: Parameters<TableCalls['removeTopic']>[0]) => one.removeTopic(of),
    advanced: (one, partitions: Parameters<TableCalls['advanced']>[0]) => one.advanced(partitions),
    pause: (one) => one.pause(),
    resume: (one) => one.resume(),
    flush: (one) => one.flushNow(),
    status: (one) => one.status(),
    metrics: () => [],
    stop: (one) => one.stop(),
  };
  return {
    call: async (name, argument) =>
      (await (calls[name] as (one: TableSink, argument: unknown) => unknown)(await sink, argument)) as never,
    close: () =>
      sink.then(
        (one) => one.stop(),
        () => {},
      ),
  };
}
