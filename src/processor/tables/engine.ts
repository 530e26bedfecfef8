import type { Clock } from '../../base/clock.ts';
import { type SinkEngine, startSinkThread } from '../sink-thread.ts';
import type { TableCalls, TableHostCalls, TableWorkerOptions } from './messages.ts';
import type { OpenTables } from './open.ts';
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
    mergeProgress: ({ topicId, bytes }) => host.mergeProgress(topicId, bytes),
  };
  return startSinkThread({ name: 'table', module, workerData: options, calls, clock, onFailure });
}

type Answers = { [Name in keyof TableCalls]: (argument: never, signal: AbortSignal) => unknown };

/** How the calls are answered where the tables are. */
export function answersOf({ sink, merges }: OpenTables): Answers {
  return {
    ready: () => undefined,
    start: () => sink.start(),
    addTopic(spec: Parameters<TableCalls['addTopic']>[0]) {
      merges.added(spec.topicId);
      sink.addTopic(spec);
    },
    removeTopic(of: Parameters<TableCalls['removeTopic']>[0]) {
      merges.removed(of.topicId);
      sink.removeTopic(of);
    },
    advanced: (partitions: Parameters<TableCalls['advanced']>[0]) => sink.advanced(partitions),
    pause: () => sink.pause(),
    resume: () => sink.resume(),
    flush: () => sink.flushNow(),
    mergesDue: (minPieces: number) => merges.due(minPieces),
    merge: (order: Parameters<TableCalls['merge']>[0], signal) => merges.merge(order, signal),
    expire: (order: Parameters<TableCalls['expire']>[0]) => merges.expire(order),
    status: () => sink.status(),
    askCatalog: () => sink.askCatalog(),
    files: (topic: Parameters<TableCalls['files']>[0]) => sink.files(topic),
    verify: (of: Parameters<TableCalls['verify']>[0]) => sink.verify(of),
    erase: (task: Parameters<TableCalls['erase']>[0]) => sink.erase(task),
    trim: (task: Parameters<TableCalls['trim']>[0]) => sink.trim(task),
    drop(topic: Parameters<TableCalls['drop']>[0]) {
      merges.removed(topic.topicId);
      return sink.drop(topic);
    },
    metrics: () => [],
    async stop() {
      await merges.stop();
      await sink.stop();
    },
  };
}

/** The tables in this thread: for brokers in memory. They are loaded and opened in the background; calls wait for it. */
export function inlineTableEngine(open: () => Promise<OpenTables>, onFailure: (error: Error) => void): TableEngine {
  const answers = open().then(answersOf);
  answers.catch(onFailure);
  const never = new AbortController().signal;
  const answer = async (name: keyof TableCalls, argument: unknown, signal = never): Promise<unknown> =>
    ((await answers)[name] as (argument: unknown, signal: AbortSignal) => unknown)(argument, signal);
  return {
    call: async (name, argument, signal) => (await answer(name, argument, signal)) as never,
    close: () =>
      answers.then(
        ({ stop }) => (stop as () => Promise<void>)(),
        () => {},
      ),
  };
}
