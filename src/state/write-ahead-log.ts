import { type Clock, systemClock } from '../base/clock.ts';
import { ClientLog, type ClientLogParts } from './client-log.ts';
import { directoryName, messageIdOf } from './names.ts';
import { recover } from './recover.ts';
import type { DataPersistence, MessageId, StateInterpreter, StateProblem, Storage } from './types.ts';

export interface WriteAheadLogOptions<T> {
  readonly stateInterpreter: StateInterpreter<T>;
  readonly storage: Storage;
  /** Services with different names share a base directory without meeting. */
  readonly serviceName: string;
  readonly baseDir: string;
  /** Logs of a client after which they become a checkpoint. Default 3. */
  readonly checkpointThreshold?: number;
  readonly clock?: Clock;
  /** Called for corrupt files and failed checkpoints. Default: a warning of the process. */
  readonly report?: (problem: StateProblem) => void;
}

/** Clients of which more than the directory is remembered; the others are read again when they come back. */
const MAX_REMEMBERED = 10_000;

function warn({ kind, path, reason }: StateProblem): void {
  process.emitWarning(`${kind}: ${path}: ${reason}`, 'StateWarning');
}

/**
 * Durable state by client: a directory for each, log files in two phases, checkpoints. docs/state.md says how it is used, docs/formats/state.md
 * what it writes. One writer for a service and base directory: two processes at once would not see each other's messages.
 */
export class WriteAheadLog<T> implements DataPersistence<T> {
  readonly #parts: ClientLogParts<T>;
  readonly #root: string;
  /** In order of use. */
  readonly #clients = new Map<string, ClientLog<T>>();
  /** The last call of each client that has one under way. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #ready: Promise<void> | undefined;

  constructor(options: WriteAheadLogOptions<T>) {
    const { checkpointThreshold = 3, clock = systemClock, report = warn, storage, stateInterpreter } = options;
    if (!Number.isSafeInteger(checkpointThreshold) || checkpointThreshold < 1)
      throw new RangeError('checkpointThreshold must be an integer from 1');
    this.#parts = { storage, stateInterpreter, clock, report, checkpointThreshold };
    this.#root = `${options.baseDir.replace(/(?<=.)\/+$/, '')}/${directoryName(options.serviceName)}`;
  }

  /**
   * Housekeeping over all clients: removes logs that a checkpoint covers, incomplete and older checkpoints, and what a crash left of writes;
   * sets corrupt files aside. Every call waits for it; a failed one is tried again by the next call.
   */
  ready(): Promise<void> {
    this.#ready ??= this.#housekeep().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #housekeep(): Promise<void> {
    for (const { name, directory } of await this.#parts.storage.list(this.#root))
      if (directory) await recover(this.#parts, `${this.#root}/${name}`);
  }

  async persist(clientId: string, data: T, messageId: MessageId): Promise<boolean> {
    const id = messageIdOf(messageId);
    return this.#inTurn(clientId, (client) => client.persist(data, id));
  }

  async retrieve(clientId: string): Promise<T | undefined> {
    return this.#inTurn(clientId, (client) => client.retrieve());
  }

  async clear(clientId: string): Promise<void> {
    return this.#inTurn(clientId, (client) => client.clear());
  }

  /** The highest message id stored for a client: a consumer goes on after it. Undefined when there is none. */
  async maxMessageId(clientId: string): Promise<number | undefined> {
    return this.#inTurn(clientId, (client) => client.maxMessageId());
  }

  async #inTurn<R>(clientId: string, task: (client: ClientLog<T>) => Promise<R>): Promise<R> {
    const name = directoryName(clientId);
    const before = this.#turns.get(name) ?? this.ready();
    const run = (): Promise<R> => this.ready().then(() => task(this.#client(name)));
    const mine = before.then(run, run);
    this.#turns.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(name) === mine) this.#turns.delete(name);
      this.#forget();
    }
  }

  #client(name: string): ClientLog<T> {
    const client = this.#clients.get(name) ?? new ClientLog(this.#parts, `${this.#root}/${name}`);
    this.#clients.delete(name);
    this.#clients.set(name, client);
    return client;
  }

  /** Forgets those that were not used for longest, but for one that is in use. */
  #forget(): void {
    for (const name of this.#clients.keys()) {
      if (this.#clients.size <= MAX_REMEMBERED) return;
      if (!this.#turns.has(name)) this.#clients.delete(name);
    }
  }
}
