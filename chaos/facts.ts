import type { Event, Place } from './history.ts';

/** What is known of a transaction when all is over. `unknown`: its client was not told. */
export type Outcome = 'open' | 'committed' | 'aborted' | 'unknown';

export interface Transaction {
  readonly id: string;
  readonly worker: string;
  /** Values read in it. */
  readonly reads: readonly string[];
  readonly sends: string[];
  outcome: Outcome;
  /** When the commit was asked for; infinite when it never was. */
  commitAsked: number;
  mark: number | undefined;
}

/** A history, sorted out. */
export interface Facts {
  readonly transactions: ReadonlyMap<string, Transaction>;
  /** The transaction that sent a value; missing for plain sends. */
  readonly transactionOf: ReadonlyMap<string, Transaction>;
  /** When a value was handed to its producer, and for which partition. */
  readonly sent: ReadonlyMap<string, { readonly t: number; readonly partition: number }>;
  /** Values that were acknowledged (alone, or with their transaction), with their places. */
  readonly acknowledged: readonly (Place & readonly unknown[])[];
  /** Values whose producer was not told. */
  readonly unsure: ReadonlySet<string>;
  readonly reads: readonly Extract<Event, { e: 'read' }>[];
  /** What the last reading found, by partition. */
  readonly final: ReadonlyMap<number, readonly Place[]>;
}

/** The partitions of a set of places, each in the order of the places. */
export function byPartition(places: Iterable<Place>): Map<number, Place[]> {
  const found = new Map<number, Place[]>();
  for (const place of places) {
    const known = found.get(place[0]);
    if (known === undefined) found.set(place[0], [place]);
    else known.push(place);
  }
  return found;
}

class Collector {
  readonly transactions = new Map<string, Transaction>();
  readonly transactionOf = new Map<string, Transaction>();
  readonly sent = new Map<string, { t: number; partition: number }>();
  readonly acknowledged: Place[] = [];
  readonly unsure = new Set<string>();
  readonly reads: Extract<Event, { e: 'read' }>[] = [];

  add(event: Event): void {
    switch (event.e) {
      case 'begin':
        this.transactions.set(event.x, {
          id: event.x,
          worker: event.w,
          reads: event.reads,
          sends: [],
          outcome: 'open',
          commitAsked: Number.POSITIVE_INFINITY,
          mark: undefined,
        });
        break;
      case 'send':
        this.#send(event);
        break;
      case 'commit': {
        const transaction = this.#of(event.x);
        transaction.commitAsked = event.t;
        transaction.mark = event.mark;
        break;
      }
      case 'ok':
        this.#of(event.x).outcome = 'committed';
        this.acknowledged.push(...event.s);
        break;
      case 'aborted':
        this.#of(event.x).outcome = 'aborted';
        break;
      case 'unknown':
        this.#of(event.x).outcome = Number.isFinite(this.#of(event.x).commitAsked) ? 'unknown' : 'aborted';
        break;
      case 'acked':
        this.acknowledged.push(...event.s);
        break;
      case 'unsure':
        this.unsure.add(event.v);
        break;
      case 'read':
        this.reads.push(event);
        break;
      default:
        break;
    }
  }

  #send(event: Extract<Event, { e: 'send' }>): void {
    this.sent.set(event.v, { t: event.t, partition: event.p });
    if (event.x === undefined) return;
    const transaction = this.#of(event.x);
    transaction.sends.push(event.v);
    this.transactionOf.set(event.v, transaction);
  }

  #of(id: string): Transaction {
    const transaction = this.transactions.get(id);
    if (transaction === undefined) throw new Error(`the history knows nothing of transaction ${id}`);
    return transaction;
  }
}

/** Sorts a history out. */
export function factsOf(history: readonly Event[]): Facts {
  const facts = new Collector();
  for (const event of history) facts.add(event);
  const last = facts.reads.filter((read) => read.w === 'final').flatMap((read) => read.r);
  const { transactions, transactionOf, sent, acknowledged, unsure, reads } = facts;
  return { transactions, transactionOf, sent, acknowledged, unsure, reads, final: byPartition(last) };
}
