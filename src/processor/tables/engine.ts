import type { Clock } from '../../base/clock.ts';
import { type SinkEngine, startSinkThread } from '../sink-thread.ts';
import type { TableCalls, TableHostCalls, TableWorkerOptions } from './messages.ts';
import type { TableSink } from './sink.ts';
import type { TableHost } from './types.ts';

/** The table sink, in this thread or another. */
export type TableEngine = SinkEngine<TableCalls>;

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
  const calls: { [Name in keyof TableHostCalls]: TableHostCalls[Name] } = {
    readLog: ({ topicId, partition, offset }) => host.readLog(topicId, partition, offset),
    announce: (objectKey) => host.announce(objectKey),
    settle: (files) => host.settle(files),
    unsettled: (prefix) => host.unsettled(prefix),
    discard: (objectKeys) => host.discard(objectKeys),
  };
  return startSinkThread({ name: 'table', module, workerData: options, calls, clock, onFailure });
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
    askCatalog: (one) => one.askCatalog(),
    erase: (one, task: Parameters<TableCalls['erase']>[0]) => one.erase(task),
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
