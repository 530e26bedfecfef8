/** Partitions by topic id, each list in ascending order, no list empty. */
export type Partitions = ReadonlyMap<string, readonly number[]>;

/** Partitions by topic id, each with the epoch in which it was assigned. */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const NO_PARTITIONS: Partitions = new Map();
export const NO_OWNED_PARTITIONS: OwnedPartitions = new Map();

/** The same partitions without their epochs, in order. */
export function partitionsOf(owned: OwnedPartitions): Partitions {
  return new Map([...owned].map(([topicId, epochs]) => [topicId, [...epochs.keys()].sort((a, b) => a - b)]));
}

/** All of the partitions, assigned in one epoch. */
export function ownedSince(partitions: Partitions, epoch: number): OwnedPartitions {
  return new Map([...partitions].map(([topicId, list]) => [topicId, new Map(list.map((one) => [one, epoch]))]));
}

export function samePartitions(a: Partitions, b: Partitions): boolean {
  if (a.size !== b.size) return false;
  for (const [topicId, list] of a) {
    const other = b.get(topicId);
    if (other === undefined || other.length !== list.length) return false;
    if (!list.every((partition, index) => partition === other[index])) return false;
  }
  return true;
}

/** True when both own the same; since when does not count. */
export function sameOwned(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a.size !== b.size) return false;
  for (const [topicId, epochs] of a) {
    const other = b.get(topicId);
    if (other === undefined || other.size !== epochs.size) return false;
    for (const partition of epochs.keys()) if (!other.has(partition)) return false;
  }
  return true;
}

/** True when all of `partitions` are owned. */
export function isOwned(partitions: Partitions, owned: OwnedPartitions): boolean {
  for (const [topicId, list] of partitions) {
    const epochs = owned.get(topicId);
    if (list.length > 0 && epochs === undefined) return false;
    if (!list.every((partition) => epochs?.has(partition) === true)) return false;
  }
  return true;
}

/** True when one of `partitions` is owned. */
export function intersects(partitions: Partitions, owned: OwnedPartitions): boolean {
  for (const [topicId, list] of partitions) {
    const epochs = owned.get(topicId);
    if (epochs !== undefined && list.some((partition) => epochs.has(partition))) return true;
  }
  return false;
}

/** What either of them owns. */
export function union(a: OwnedPartitions, b: OwnedPartitions): OwnedPartitions {
  if (b.size === 0) return a;
  const all = new Map(a);
  for (const [topicId, epochs] of b) all.set(topicId, new Map([...(all.get(topicId) ?? []), ...epochs]));
  return all;
}
