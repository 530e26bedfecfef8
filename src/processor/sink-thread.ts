import { Worker } from 'node:worker_threads';
import { type Calls, Channel } from '../base/channel.ts';
import { type Clock, sleep } from '../base/clock.ts';

/** Time that the thread of a sink has to end by itself; what it has not made durable then is done again after the next start. */
const STOP_LIMIT_MS = 4000;

/** What may be asked of a sink, by name. Each has `ready` and `stop`. */
export type SinkCalls = {
  ready: (none: null) => unknown;
  stop: (none: null) => unknown;
  [name: string]: (argument: never) => unknown;
};

/** A sink, in this thread or another. */
export interface SinkEngine<Remote extends Record<string, (argument: never) => unknown>> {
  call<Name extends keyof Remote & string>(
    name: Name,
    argument: Parameters<Remote[Name]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Remote[Name]>>>;
  /** Ends it, gracefully where that does not take too long. Never rejects. */
  close(): Promise<void>;
}

export interface SinkThread {
  /** As errors call it: 'the NAME thread has ended'. */
  readonly name: string;
  readonly module: URL;
  readonly workerData: unknown;
  /** What the thread may call here. */
  readonly calls: Calls;
  readonly clock: Clock;
  /** Told once when the thread cannot start or dies, after which all calls fail. */
  readonly onFailure: (error: Error) => void;
}

/** Runs a sink in a thread of its own. Returns at once, calls wait until the thread is there. */
export function startSinkThread<Remote extends SinkCalls>(thread: SinkThread): SinkEngine<Remote> {
  const { name, module, workerData, calls, clock, onFailure } = thread;
  const worker = new Worker(module, { workerData, name });
  const channel = new Channel<SinkCalls>(worker, calls);
  let failed = false;
  const fail = (error: Error): void => {
    if (!failed) onFailure(error);
    failed = true;
  };
  worker.on('error', (cause) => {
    fail(cause);
    channel.close(new Error(`the ${name} thread failed: ${cause.message}`, { cause }));
  });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      channel.close(new Error(`the ${name} thread has ended`));
      resolve();
    });
  });
  channel.call('ready', null).catch(fail);
  return {
    call: (call, argument, signal) => channel.call(call, argument, signal) as never,
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
