import { Worker } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import type { BuiltPack, PackBuilding, PackTask } from './builder.ts';
import { type PackAnswer, type PackRequest, type PackWorkerOptions, READY } from './messages.ts';

interface Waiting {
  resolve(answer: PackAnswer): void;
  reject(error: Error): void;
}

/** The worker's module beside this one: `.ts` when run from source, `.js` when built. */
const WORKER = new URL(`./pack-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** A running thread and who waits for its answers. */
class PackThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #ids = READY;
  #failure: Error | undefined;

  constructor(options: PackWorkerOptions) {
    this.#worker = new Worker(WORKER, { workerData: options, name: 'pack' });
    this.#worker.on('message', (answer: PackAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer);
    });
    this.#worker.on('error', (cause) => this.#fail(new Error(`the pack thread failed: ${cause.message}`, { cause })));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new Error('the pack thread has ended'));
        resolve();
      });
    });
  }

  get alive(): boolean {
    return this.#failure === undefined;
  }

  ready(): Promise<PackAnswer> {
    return this.#answer(READY);
  }

  ask(make: (id: number) => PackRequest): Promise<PackAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#ids;
    const answer = this.#answer(id);
    this.#worker.postMessage(make(id));
    return answer;
  }

  #answer(id: number): Promise<PackAnswer> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.#worker.postMessage({ kind: 'close' } satisfies PackRequest);
    await this.#exited;
  }
}

/** Builds packs in a thread of its own, at low priority. A thread that died is started again by the next task. */
export class ThreadedPackBuilding implements PackBuilding {
  readonly #options: PackWorkerOptions;
  #thread: Promise<PackThread> | undefined;
  #closed = false;

  /** The thread is started by the first task. */
  constructor(options: PackWorkerOptions) {
    this.#options = options;
  }

  /** Rejects when the object store cannot be opened. */
  static async start(options: PackWorkerOptions): Promise<ThreadedPackBuilding> {
    const building = new ThreadedPackBuilding(options);
    await building.#alive();
    return building;
  }

  async #alive(): Promise<PackThread> {
    const current = this.#thread;
    const thread = await current?.catch(() => undefined);
    if (thread?.alive === true) return thread;
    if (this.#closed) throw new Error('the pack thread has been ended');
    // Of several tasks that find it dead, the first one starts it again.
    if (this.#thread === current) this.#thread = startThread(this.#options);
    return present(this.#thread, 'pack thread');
  }

  async build(task: PackTask): Promise<BuiltPack> {
    const thread = await this.#alive();
    const answer = await thread.ask((id) => ({ kind: 'build', id, task }));
    return present('built' in answer ? answer.built : undefined, 'pack in the answer of the pack thread');
  }

  /** The thread's metrics, to be shown with those of the other threads. */
  async metrics(): Promise<object[]> {
    const thread = await this.#thread?.catch(() => undefined);
    if (thread?.alive !== true) return [];
    const answer = await thread.ask((id) => ({ kind: 'metrics', id }));
    return 'metrics' in answer ? answer.metrics : [];
  }

  /** Ends the thread; what is being built is cut off with an error. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = await this.#thread?.catch(() => undefined);
    if (thread?.alive === true) await thread.close();
  }
}

async function startThread(options: PackWorkerOptions): Promise<PackThread> {
  const thread = new PackThread(options);
  await thread.ready();
  return thread;
}
