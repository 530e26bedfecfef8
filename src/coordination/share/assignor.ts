import type { GroupTopics } from '../types.ts';
import { type Assignment, type ShareGroup, type ShareMember, subscribedTopics } from './group.ts';

interface Place {
  readonly topicId: string;
  readonly partition: number;
}

/** Members and the partitions that they share. */
interface Pool {
  readonly members: readonly ShareMember[];
  readonly places: readonly Place[];
}

const keyOf = ({ topicId, partition }: Place): string => `${partition}:${topicId}`;

/** Who has what, while an assignment is made. */
class Shares {
  readonly #byMember = new Map<string, Set<string>>();
  readonly #sharing = new Map<string, number>();

  count(memberId: string): number {
    return this.#byMember.get(memberId)?.size ?? 0;
  }

  sharing(place: Place): number {
    return this.#sharing.get(keyOf(place)) ?? 0;
  }

  has(memberId: string, place: Place): boolean {
    return this.#byMember.get(memberId)?.has(keyOf(place)) === true;
  }

  add(memberId: string, place: Place): void {
    const own = this.#byMember.get(memberId);
    if (own === undefined) this.#byMember.set(memberId, new Set([keyOf(place)]));
    else own.add(keyOf(place));
    this.#sharing.set(keyOf(place), this.sharing(place) + 1);
  }
}

/** Members with the same subscription share all partitions of it; otherwise each topic is shared among its own members. */
function poolsOf(group: ShareGroup, topics: GroupTopics): Pool[] {
  const members = [...group.members.values()];
  const places = [...subscribedTopics(group, topics).values()].map((topic) => ({
    topic,
    places: Array.from({ length: topic.partitions }, (_, partition) => ({ topicId: topic.topicId, partition })),
  }));
  const subscriptions = new Set(members.map(({ subscribedTopicNames }) => subscribedTopicNames.join(' ')));
  if (subscriptions.size <= 1) return [{ members, places: places.flatMap((one) => one.places) }];
  return places.map((one) => ({
    members: members.filter(({ subscribedTopicNames }) => subscribedTopicNames.includes(one.topic.name)),
    places: one.places,
  }));
}

/** Shares the partitions of a pool: members keep what they have as far as it is fair, the rest goes to who has least. */
function shareOut({ members, places }: Pool): Shares {
  const shares = new Shares();
  if (members.length === 0 || places.length === 0) return shares;
  // Enough members for each partition that every member has one.
  const sharing = Math.ceil(members.length / places.length);
  const fair = Math.floor((places.length * sharing) / members.length);
  let above = (places.length * sharing) % members.length;
  const wanted = new Map<string, number>();
  for (const { memberId, assignment } of members) {
    const own = places.filter(({ topicId, partition }) => assignment.get(topicId)?.includes(partition) === true);
    const quota = own.length > fair && above > 0 ? fair + 1 : fair;
    if (quota > fair) above--;
    wanted.set(memberId, quota);
    for (const place of own)
      if (shares.count(memberId) < quota && shares.sharing(place) < sharing) shares.add(memberId, place);
  }
  for (const { memberId } of members) if (wanted.get(memberId) === fair && above-- > 0) wanted.set(memberId, fair + 1);
  for (const { memberId } of members) fill(shares, memberId, wanted.get(memberId) ?? fair, places);
  return shares;
}

/** Gives the member the partitions with the fewest members until it has its part. */
function fill(shares: Shares, memberId: string, quota: number, places: readonly Place[]): void {
  while (shares.count(memberId) < quota) {
    let least: Place | undefined;
    for (const place of places) {
      if (shares.has(memberId, place)) continue;
      if (least === undefined || shares.sharing(place) < shares.sharing(least)) least = place;
    }
    if (least === undefined) return;
    shares.add(memberId, least);
  }
}

/**
 * The assignor `simple` of KIP-932: every partition has a member and every member a partition, as evenly as that goes. Which member has which
 * partition when several ways are as even may differ from Kafka.
 */
export function assign(group: ShareGroup, topics: GroupTopics): Map<string, Assignment> {
  const assignments = new Map<string, Map<string, number[]>>();
  for (const memberId of group.members.keys()) assignments.set(memberId, new Map());
  for (const pool of poolsOf(group, topics)) {
    const shares = shareOut(pool);
    for (const { memberId } of pool.members) {
      const own = assignments.get(memberId)!;
      for (const place of pool.places) {
        if (!shares.has(memberId, place)) continue;
        const partitions = own.get(place.topicId);
        if (partitions === undefined) own.set(place.topicId, [place.partition]);
        else partitions.push(place.partition);
      }
    }
  }
  return assignments;
}
