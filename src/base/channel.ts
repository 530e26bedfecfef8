import type { MessagePort, Worker } from 'node:worker_threads';
import { currentLogFields, type LogFields, withLogFields } from './logger.ts';
import { isOwned, own } from './owned-bytes.ts';

/** A worker, or a worker's port to its parent. */
export type MessageEnd = Pick<Worker, 'postMessage' | 'on'> | Pick<MessagePort, 'postMessage' | 'on'>;

/** Calls of one side by name: plain data in, plain data or a promise of it out; owned bytes in what comes out are moved. The signal is aborted when the caller gives up. */
export type Calls = Readonly<Record<string, (argument: never, signal: AbortSignal) => unknown>>;

type Message =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: string;
      readonly argument: unknown;
      /** What log lines of the caller say beside themselves: those of the call say it too. */
      readonly logFields: LogFields | undefined;
    }
  /** `moved` names what of the value is bytes that were moved here: they are of this thread alone. */
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown; readonly moved: readonly string[] }
  | { readonly kind: 'error'; readonly id: number; readonly name: string; readonly message: string }
  | { readonly kind: 'abort'; readonly id: number };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** An error of the other thread; `remoteName` is its class. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly remoteName: string;

  constructor(remoteName: string, message: string) {
    super(message);
    this.remoteName = remoteName;
  }
}

/** Calls in both directions over a pair of message ports. */
export class Channel<Remote extends Record<string, (argument: never) => unknown>> {
  readonly #end: MessageEnd;
  readonly #calls: Calls;
  readonly #waiting = new Map<number, Waiting>();
  readonly #serving = new Map<number, AbortController>();
  #ids = 0;
  #closed: Error | undefined;

  /** `calls` is what the other side may call. */
  constructor(end: MessageEnd, calls: Calls) {
    this.#end = end;
    this.#calls = calls;
    (end as Pick<Worker, 'on'>).on('message', (message: Message) => this.#received(message));
  }

  /** Calls the other side. Rejects with RemoteError, or with the reason given to `close`. */
  call<Name extends keyof Remote & string>(
    name: Name,
    argument: Parameters<Remote[Name]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Remote[Name]>>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = ++this.#ids;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    signal?.addEventListener('abort', () => this.#send({ kind: 'abort', id }), { once: true });
    this.#send({ kind: 'call', id, name, argument, logFields: currentLogFields() });
    return answer as Promise<Awaited<ReturnType<Remote[Name]>>>;
  }

  /** The other side is gone: everything that waits for it fails with `reason`. */
  close(reason: Error): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #send(message: Message, moved: readonly ArrayBuffer[] = []): void {
    this.#end.postMessage(message, moved);
  }

  #answer(id: number, value: unknown): void {
    const bytes = Object.entries(value ?? {}).flatMap(([key, member]) => (isOwned(member) ? [{ key, member }] : []));
    const moved = bytes.map(({ key }) => key);
    this.#send(
      { kind: 'result', id, value, moved },
      bytes.map(({ member }) => member.buffer),
    );
  }

  #received(message: Message): void {
    if (message.kind === 'call') {
      const { id, name, argument, logFields } = message;
      void withLogFields(logFields ?? {}, () => this.#serve(id, name, argument));
      return;
    }
    if (message.kind === 'abort') {
      this.#serving.get(message.id)?.abort();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'result') {
      for (const key of message.moved) own((message.value as Record<string, Uint8Array>)[key]!);
      waiting?.resolve(message.value);
    } else waiting?.reject(new RemoteError(message.name, message.message));
  }

  async #serve(id: number, name: string, argument: unknown): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const call = this.#calls[name] as ((argument: unknown, signal: AbortSignal) => unknown) | undefined;
      if (call === undefined) throw new Error(`there is no call '${name}'`);
      this.#answer(id, await call(argument, controller.signal));
    } catch (error) {
      const { name: errorName, message } = error instanceof Error ? error : new Error(String(error));
      this.#send({ kind: 'error', id, name: errorName, message });
    } finally {
      this.#serving.delete(id);
    }
  }
}
