import { collisionKey } from './catalog-names.ts';

/** A topic of this broker. */
export interface Topic {
  readonly name: string;
  /** Kafka's text form of the UUID. */
  readonly topicId: string;
  readonly partitions: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Configs that were set on the topic itself: canonical texts by name. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** Topics in memory, by name and by id. */
export class TopicIndex {
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #nameByCollision = new Map<string, string>();
  #sorted: readonly Topic[] | undefined;
  #version = 0;

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  byName(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(topicId: string): Topic | undefined {
    return this.#byId.get(topicId);
  }

  /** All topics by name. */
  all(): readonly Topic[] {
    this.#sorted ??= [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  /** Another topic whose name differs in '.' and '_' only. */
  colliding(name: string): string | undefined {
    return this.#nameByCollision.get(collisionKey(name));
  }

  /** Adds a topic, or replaces the one of the same id. */
  put(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.topicId, topic);
    this.#nameByCollision.set(collisionKey(topic.name), topic.name);
    this.#sorted = undefined;
    this.#version++;
  }

  remove(topic: Topic): void {
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.topicId);
    this.#nameByCollision.delete(collisionKey(topic.name));
    this.#sorted = undefined;
    this.#version++;
  }
}
