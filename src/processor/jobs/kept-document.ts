import type { Logger } from '../../base/logger.ts';
import type { JsonObject } from '../../state/interpreters.ts';
import type { DataPersistence } from '../../state/types.ts';

/** A document that is small enough to be written whole. What is in a field of it is replaced, not merged: fields are arrays and plain values. */
export interface KeptDocument {
  readonly value: JsonObject;
  /** Takes effect at once, and is written when what is being written is. */
  set(value: JsonObject): void;
  /** Resolves when everything set before is durable; rejects when it could not be written, which the next `set` tries again. */
  settled(): Promise<void>;
}

/** A document that ends with the process. */
export class VolatileDocument implements KeptDocument {
  value: JsonObject = {};

  set(value: JsonObject): void {
    this.value = value;
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a document is kept in: a client of the state library. */
export type DocumentStore = Pick<DataPersistence<JsonObject>, 'persist' | 'retrieve'> & {
  maxMessageId(clientId: string): Promise<number | undefined>;
};

/** A document in durable state. Changes that come while one is written are written together. */
export class DurableDocument implements KeptDocument {
  readonly #store: DocumentStore;
  readonly #name: string;
  readonly #logger: Logger;
  #value: JsonObject;
  #lastId: number;
  #dirty = false;
  #writing: Promise<void> | undefined;

  private constructor(store: DocumentStore, name: string, logger: Logger, value: JsonObject, lastId: number) {
    this.#store = store;
    this.#name = name;
    this.#logger = logger;
    this.#value = value;
    this.#lastId = lastId;
  }

  /** Reads what an earlier run kept; one that cannot be read begins empty and is reported: nothing in it is worth a start that fails. */
  static async open(store: DocumentStore, name: string, logger: Logger): Promise<DurableDocument> {
    try {
      const value = (await store.retrieve(name)) ?? {};
      return new DurableDocument(store, name, logger, value, (await store.maxMessageId(name)) ?? 0);
    } catch (err) {
      logger.error({ err, document: name }, 'what the processor kept cannot be read; it begins anew');
      return new DurableDocument(store, name, logger, {}, 0);
    }
  }

  get value(): JsonObject {
    return this.#value;
  }

  set(value: JsonObject): void {
    this.#value = value;
    this.#dirty = true;
    this.#begin();
  }

  async settled(): Promise<void> {
    if (this.#dirty) this.#begin();
    await this.#writing;
  }

  #begin(): void {
    if (this.#writing !== undefined) return;
    this.#writing = this.#write();
    // Whoever waits for it is told as well.
    this.#writing.catch((err: unknown) => {
      this.#logger.warn({ err, document: this.#name }, 'what the processor keeps could not be written');
    });
  }

  async #write(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        if (await this.#store.persist(this.#name, this.#value, ++this.#lastId)) continue;
        // What is stored could not be read at the start: it has a higher id, and nothing would be written until there is a higher one still.
        this.#lastId = Math.max(this.#lastId, (await this.#store.maxMessageId(this.#name)) ?? 0);
        this.#dirty = true;
      }
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }
}
