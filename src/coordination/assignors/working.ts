import type { Partitions } from '../partitions.ts';
import type { AssignorInput, AssignorMember } from './types.ts';

export interface TopicPartition {
  readonly topicId: string;
  readonly partition: number;
}

interface Owned {
  size: number;
  readonly byTopic: Map<string, number[]>;
}

/** An assignment in the making: who has what, and what nobody had before. */
export class Working {
  readonly #input: AssignorInput;
  readonly #owned: ReadonlyMap<string, Owned>;
  readonly #taken: ReadonlyMap<string, Set<number>>;

  constructor(input: AssignorInput) {
    this.#input = input;
    this.#owned = new Map(input.members.map(({ memberId }) => [memberId, { size: 0, byTopic: new Map() }]));
    this.#taken = new Map([...input.partitionCounts.keys()].map((topicId) => [topicId, new Set()]));
  }

  /** Partitions that the member has by now. */
  size(memberId: string): number {
    return this.#owned.get(memberId)?.size ?? 0;
  }

  has(memberId: string, topicId: string): boolean {
    return (this.#owned.get(memberId)?.byTopic.get(topicId)?.length ?? 0) > 0;
  }

  give(memberId: string, { topicId, partition }: TopicPartition): void {
    const owned = this.#owned.get(memberId);
    if (owned === undefined) return;
    const list = owned.byTopic.get(topicId);
    if (list === undefined) owned.byTopic.set(topicId, [partition]);
    else list.push(partition);
    owned.size++;
  }

  /** Moves a partition of the topic from one member to another. */
  move(topicId: string, from: string, to: string): void {
    const owned = this.#owned.get(from);
    const partition = owned?.byTopic.get(topicId)?.pop();
    if (owned === undefined || partition === undefined) return;
    owned.size--;
    this.give(to, { topicId, partition });
  }

  /** Lets the member keep up to `quota` of the partitions that it had and may still have; what it had beyond them is returned. */
  keep({ memberId, topics, before }: AssignorMember, quota: number): TopicPartition[] {
    const beyond: TopicPartition[] = [];
    for (const [topicId, partitions] of before) {
      const taken = this.#taken.get(topicId);
      if (taken === undefined || !topics.has(topicId)) continue;
      const count = this.#input.partitionCounts.get(topicId) ?? 0;
      for (const partition of partitions) {
        if (partition >= count || taken.has(partition)) continue;
        taken.add(partition);
        if (this.size(memberId) < quota) this.give(memberId, { topicId, partition });
        else beyond.push({ topicId, partition });
      }
    }
    return beyond;
  }

  /** Partitions that nobody had. */
  unowned(): TopicPartition[] {
    const free: TopicPartition[] = [];
    for (const [topicId, count] of this.#input.partitionCounts) {
      for (let partition = 0; partition < count; partition++)
        if (this.#taken.get(topicId)?.has(partition) === false) free.push({ topicId, partition });
    }
    return free;
  }

  result(): Map<string, Partitions> {
    return new Map([...this.#owned].map(([memberId, { byTopic }]) => [memberId, inOrder(byTopic)]));
  }
}

function inOrder(byTopic: ReadonlyMap<string, number[]>): Partitions {
  const filled = [...byTopic].filter(([, list]) => list.length > 0);
  return new Map(filled.map(([topicId, list]) => [topicId, list.sort((a, b) => a - b)]));
}
