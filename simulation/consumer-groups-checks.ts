import type { DescribedConsumerGroup } from '../src/coordination/consumer/describe.ts';
import type { ConsumerHeartbeatReply } from '../src/coordination/consumer/types.ts';
import { Violation } from './groups-checks.ts';

/** What a client takes for its own. */
export interface Owner {
  readonly memberId: string;
  readonly owned: ReadonlySet<string>;
}

/**
 * The invariants of a consumer group (KIP-848), judged by answers and by what is told of the group: I13, a partition has one owner at a
 * time, for the broker and for the clients that are members; I14, whoever was told that it is out is not acknowledged as what it was;
 * epochs never go back, not over a restart either; I11 and I12, committed offsets are found again.
 */
export class ConsumerChecks {
  #groupEpoch = 0;
  readonly #memberEpochs = new Map<string, number>();
  readonly #out = new Set<string>();
  readonly #acked = new Map<string, number>();
  judged = 0;

  /** A heartbeat of a member that did not join by it was answered. */
  beaten(memberId: string, sentEpoch: number, reply: ConsumerHeartbeatReply): void {
    this.judged++;
    if (reply.error === 'UNKNOWN_MEMBER_ID') this.#out.add(memberId);
    if (reply.error !== 'NONE' || reply.epoch < 0) return;
    if (sentEpoch === 0) this.#out.delete(memberId);
    else if (this.#out.has(memberId))
      throw new Violation(`I14: ${memberId} was told that it is out, and is acknowledged`);
    const before = sentEpoch === 0 ? 0 : (this.#memberEpochs.get(memberId) ?? 0);
    if (reply.epoch < before) throw new Violation(`the epoch of ${memberId} went from ${before} to ${reply.epoch}`);
    this.#memberEpochs.set(memberId, reply.epoch);
  }

  /** The group as it is durable at this moment, and what its living clients take for theirs. */
  looked(group: DescribedConsumerGroup | undefined, clients: readonly Owner[]): void {
    if (group === undefined) return;
    if (group.epoch < this.#groupEpoch)
      throw new Violation(`the group epoch went from ${this.#groupEpoch} to ${group.epoch}`);
    this.#groupEpoch = group.epoch;
    const byBroker = new Map<string, string>();
    for (const { memberId, assignment } of group.members) {
      for (const [topicId, partitions] of assignment)
        for (const partition of partitions) claim(byBroker, `${topicId}/${partition}`, memberId, 'the broker');
    }
    const members = new Set(group.members.map(({ memberId }) => memberId));
    const byClients = new Map<string, string>();
    for (const { memberId, owned } of clients)
      if (members.has(memberId)) for (const partition of owned) claim(byClients, partition, memberId, 'the clients');
  }

  committed(partition: string, offset: number): void {
    this.#acked.set(partition, offset);
  }

  acked(): ReadonlyMap<string, number> {
    return new Map(this.#acked);
  }

  fetched(partition: string, offset: number, acked: ReadonlyMap<string, number>): void {
    this.judged++;
    const least = acked.get(partition) ?? -1;
    if (offset < least) throw new Violation(`I11/I12: ${partition} is at ${offset}, ${least} had been committed`);
  }
}

function claim(owners: Map<string, string>, partition: string, memberId: string, who: string): void {
  const other = owners.get(partition);
  if (other !== undefined && other !== memberId)
    throw new Violation(`I13: for ${who}, ${partition} is owned by ${other} and ${memberId}`);
  owners.set(partition, memberId);
}
