import type { Partitions } from '../partitions.ts';

/** A member as an assignor sees it. */
export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of the topics that it subscribes, all of which are there. */
  readonly topics: ReadonlySet<string>;
  /** What it was to have until now. */
  readonly before: Partitions;
}

/** What an assignor works on. */
export interface AssignorInput {
  /** In the order of their ids. */
  readonly members: readonly AssignorMember[];
  /** Number of partitions of each subscribed topic, by id. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

/** A server-side assignor (KIP-848): gives every partition of a subscribed topic to one member that subscribes it. */
export interface Assignor {
  readonly name: string;
  /** The partitions of each member by its id; a member without an entry gets none. */
  assign(input: AssignorInput): Map<string, Partitions>;
}

/** True when all members subscribe the same topics. */
export function isHomogeneous(members: readonly AssignorMember[]): boolean {
  const first = members[0]?.topics;
  if (first === undefined) return true;
  return members.every(({ topics }) => topics.size === first.size && [...topics].every((topic) => first.has(topic)));
}
