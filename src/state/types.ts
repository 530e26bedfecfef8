/** A message's number: an integer, as number, bigint or decimal text (clients of Kafka give offsets in all three). Within ±2^53. */
export type MessageId = number | bigint | string;

/** Keeps the state of clients. One call for a client is done before the next one for it begins. */
export interface DataPersistence<T> {
  /**
   * Adds `data` to the client's state. Durable when the promise resolves, with `true`. A message whose number is not above the highest one
   * stored for the client was stored before: nothing is done, and the answer is `false`.
   */
  persist(clientId: string, data: T, messageId: MessageId): Promise<boolean>;
  /** The merged state of a client; undefined when there is none. */
  retrieve(clientId: string): Promise<T | undefined>;
  /** Forgets a client: its state and the numbers of its messages. */
  clear(clientId: string): Promise<void>;
}

export interface StorageEntry {
  readonly name: string;
  readonly directory: boolean;
}

/** Where files and directories are. Paths use '/'; one contract suite holds for all implementations. */
export interface Storage {
  /** Makes a directory and its parents, durably. One without files need not be listed. */
  makeDirectory(path: string): Promise<void>;
  /** What is directly in a directory, sorted by name; empty when it is missing. */
  list(path: string): Promise<StorageEntry[]>;
  /** Undefined when the file is missing. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes or replaces a file in a directory that was made: atomic (after a crash it has the old or the new content, whole) and durable
   * when the promise resolves. When it rejects, either may be there.
   */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Removes files, durably; missing ones are fine. */
  remove(paths: readonly string[]): Promise<void>;
  /** Removes a directory with all in it; missing is fine. */
  removeDirectory(path: string): Promise<void>;
}

/** What a file says of itself. Times are milliseconds since the epoch, as decimal text. */
export type StateMetadata =
  | { readonly timestamp: string; readonly message_id: number }
  | { readonly timestamp: string; readonly max_message_id: number };

/** Knows what the data is; the log does not. */
export interface StateInterpreter<T> {
  /** The text of a file below its status line. */
  format(data: T, metadata: StateMetadata): string;
  /** The reverse. Throws for what `format` cannot have made; numbers in the metadata may be text there. */
  parse(text: string): { readonly data: T; readonly metadata: Readonly<Record<string, unknown>> };
  /** One state of many, oldest first. merge([merge([a, b]), c]) must equal merge([a, b, c]): a checkpoint is such a merge. */
  merge(states: readonly T[]): T;
}

/** Something that nobody waits for, or that costs data: `corrupt` files were moved to the directory `aside` of their client. */
export interface StateProblem {
  readonly kind: 'corrupt' | 'checkpoint-failed';
  readonly path: string;
  readonly reason: string;
}
