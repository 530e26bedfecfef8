import type { Clock } from '../base/clock.ts';
import { fileBytes } from './file-form.ts';
import { checkpointName, logName } from './names.ts';
import { clearDirectory, type Recovered, type RecoverParts, recover } from './recover.ts';

export interface ClientLogParts<T> extends RecoverParts<T> {
  readonly clock: Clock;
  /** Logs after which a checkpoint is written. */
  readonly checkpointThreshold: number;
}

/** What is known of a client's directory without reading it. */
interface Known {
  maxMessageId: number | undefined;
  logs: number;
}

function maxIdOf({ checkpoint, logs }: Recovered<unknown>): number | undefined {
  return logs.at(-1)?.id ?? checkpoint?.id;
}

/** The log of one client, in a directory of its own. Calls must not overlap. */
export class ClientLog<T> {
  readonly #parts: ClientLogParts<T>;
  readonly #directory: string;
  /** Undefined before the directory was read, and after a failure that leaves open what it holds. */
  #known: Known | undefined;
  #directoryMade = false;

  constructor(parts: ClientLogParts<T>, directory: string) {
    this.#parts = parts;
    this.#directory = directory;
  }

  /** Reads the directory, and tidies it. */
  async load(): Promise<Recovered<T>> {
    this.#known = undefined;
    this.#directoryMade = false; // A clearing that was begun may be finished here.
    const recovered = await recover(this.#parts, this.#directory);
    this.#known = { maxMessageId: maxIdOf(recovered), logs: recovered.logs.length };
    return recovered;
  }

  async #loaded(): Promise<Known> {
    if (this.#known !== undefined) return this.#known;
    const recovered = await this.load();
    return { maxMessageId: maxIdOf(recovered), logs: recovered.logs.length };
  }

  /** The highest message id stored. */
  async maxMessageId(): Promise<number | undefined> {
    return (await this.#loaded()).maxMessageId;
  }

  /** The merged state. */
  async retrieve(): Promise<T | undefined> {
    const { checkpoint, logs } = await this.load();
    const states = [...(checkpoint === undefined ? [] : [checkpoint]), ...logs].map(({ data }) => data);
    return states.length === 0 ? undefined : this.#parts.stateInterpreter.merge(states);
  }

  /** Stores a message durably, or answers false when it was stored before. */
  async persist(data: T, id: number): Promise<boolean> {
    const known = await this.#loaded();
    if (known.maxMessageId !== undefined && id <= known.maxMessageId) return false;
    const timestamp = this.#parts.clock.now();
    const text = this.#parts.stateInterpreter.format(data, { timestamp: String(timestamp), message_id: id });
    this.#known = undefined;
    if (!this.#directoryMade) await this.#parts.storage.makeDirectory(this.#directory);
    this.#directoryMade = true;
    await this.#write(logName(timestamp, id), text);
    this.#known = { maxMessageId: id, logs: known.logs + 1 };
    if (known.logs + 1 >= this.#parts.checkpointThreshold) await this.#tryCheckpoint();
    return true;
  }

  /** In two phases: what a crash leaves of the first one says so. */
  async #write(name: string, text: string): Promise<void> {
    const path = `${this.#directory}/${name}`;
    await this.#parts.storage.write(path, fileBytes('PROCESSING', text));
    await this.#parts.storage.write(path, fileBytes('COMPLETED', text));
  }

  /** The message is durable already, so that a checkpoint that fails fails nobody; the next message tries again. */
  async #tryCheckpoint(): Promise<void> {
    try {
      await this.#checkpoint();
    } catch (error) {
      this.#known = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.report({ kind: 'checkpoint-failed', path: this.#directory, reason });
    }
  }

  async #checkpoint(): Promise<void> {
    const { storage, stateInterpreter, clock } = this.#parts;
    const { checkpoint, logs, incomplete } = await this.load();
    const id = logs.at(-1)?.id;
    if (id === undefined) return;
    const merged = stateInterpreter.merge(
      [...(checkpoint === undefined ? [] : [checkpoint]), ...logs].map((file) => file.data),
    );
    // Never the name of the one before, which is removed below: two may fall into one millisecond, or the clock may go back.
    const timestamp = Math.max(clock.now(), (checkpoint?.timestamp ?? -1) + 1);
    const text = stateInterpreter.format(merged, { timestamp: String(timestamp), max_message_id: id });
    await this.#write(checkpointName(timestamp), text);
    this.#known = { maxMessageId: id, logs: 0 };
    const covered = [
      ...logs,
      ...incomplete.filter((file) => file.id <= id),
      ...(checkpoint === undefined ? [] : [checkpoint]),
    ];
    await storage.remove(covered.map(({ name }) => `${this.#directory}/${name}`));
  }

  async clear(): Promise<void> {
    this.#known = undefined;
    this.#directoryMade = false;
    await clearDirectory(this.#parts.storage, this.#directory);
    this.#known = { maxMessageId: undefined, logs: 0 };
  }
}
