import type { GroupTopic, GroupTopics } from '../src/coordination/types.ts';

/** Topics that come, grow and go while somebody works with them. A topic that comes again has another id. */
export class ChangingTopics implements GroupTopics {
  readonly #topics: Map<string, GroupTopic>;
  readonly #idOf: (name: string, version: number) => string;
  #version = 0;

  constructor(topics: readonly GroupTopic[] = [], idOf = (name: string, version: number) => `${name}-${version}`) {
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]));
    this.#idOf = idOf;
  }

  byName(name: string): GroupTopic | undefined {
    return this.#topics.get(name);
  }

  byId(topicId: string): GroupTopic | undefined {
    return this.all().find((topic) => topic.topicId === topicId);
  }

  all(): GroupTopic[] {
    return [...this.#topics.values()];
  }

  version(): number {
    return this.#version;
  }

  /** Makes the topic, or gives it more partitions. */
  put(name: string, partitions: number): void {
    this.#version++;
    const topicId = this.#topics.get(name)?.topicId ?? this.#idOf(name, this.#version);
    this.#topics.set(name, { name, topicId, partitions });
  }

  delete(name: string): void {
    this.#version++;
    this.#topics.delete(name);
  }
}
