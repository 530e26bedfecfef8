import type { GroupError } from '../src/coordination/types.ts';

/** Who asks, as the coordinator sees it. */
export interface Caller {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

/** What was known when a request was handed to the coordinator. */
export interface Before {
  readonly fenced: boolean;
  readonly acked: ReadonlyMap<number, number>;
}

/** Thrown when an invariant does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * The invariants of a group, judged by the coordinator's answers alone (numbers as in the list of reliability invariants):
 * I11 and I12, what was committed is found again, and nothing older; I13, one owner of a partition per generation;
 * I14, nobody that was fenced or left behind is acknowledged.
 */
export class GroupChecks {
  /** Newest generation in which a member got its assignment: durable, so never to be forgotten. */
  #generation = 0;
  readonly #owners = new Map<string, string>();
  readonly #acked = new Map<number, number>();
  /** By instance id: the member that has it, and the ones that had it. */
  readonly #holders = new Map<string, string>();
  readonly #fenced = new Set<string>();
  /** Answers that were judged; a run that judges nothing proves nothing. */
  judged = 0;

  before(caller: Caller): Before {
    return { fenced: this.#fenced.has(caller.memberId), acked: new Map(this.#acked) };
  }

  /** A heartbeat, commit or sync was answered. */
  answered(what: string, caller: Caller, before: Before, error: GroupError): void {
    this.judged++;
    if (error !== 'NONE') return;
    if (before.fenced) throw new Violation(`I14: ${what} of fenced member ${caller.memberId} was acknowledged`);
    if (caller.generation < this.#generation)
      throw new Violation(
        `I14: ${what} of generation ${caller.generation} was acknowledged, ${this.#generation} had been assigned`,
      );
  }

  /** A member got its assignment. */
  assigned(caller: Caller, partitions: readonly number[]): void {
    const { generation, memberId, instanceId } = caller;
    const owner = instanceId ?? memberId;
    for (const partition of partitions) {
      const key = `${generation}/${partition}`;
      const other = this.#owners.get(key);
      if (other !== undefined && other !== owner)
        throw new Violation(
          `I13: partition ${partition} was given to ${other} and ${owner} in generation ${generation}`,
        );
      this.#owners.set(key, owner);
    }
    this.#generation = Math.max(this.#generation, generation);
    if (instanceId === null) return;
    const holder = this.#holders.get(instanceId);
    if (holder !== undefined && holder !== memberId) this.#fenced.add(holder);
    this.#holders.set(instanceId, memberId);
  }

  /** The last one counts: a late request of the owner itself may take it back, as in Kafka. */
  committed(partition: number, offset: number): void {
    this.#acked.set(partition, offset);
  }

  fetched(partition: number, offset: number, before: Before): void {
    this.judged++;
    const acked = before.acked.get(partition) ?? -1;
    if (offset < acked)
      throw new Violation(`I11/I12: partition ${partition} is at ${offset}, ${acked} had been committed`);
  }
}
