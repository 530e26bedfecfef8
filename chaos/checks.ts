import { byPartition, type Facts, factsOf, type Transaction } from './facts.ts';
import type { Event, Place } from './history.ts';

/** Something that must not happen. The names are those of Jepsen's Kafka workload where it has one. */
export interface Anomaly {
  readonly name: string;
  readonly detail: string;
}

type Check = (facts: Facts, history: readonly Event[]) => Iterable<string>;

const show = ([partition, offset, value]: Place): string => `${value} at ${partition}/${offset}`;

/** Everything that somebody was told to be at a place. */
function* places({ reads, acknowledged }: Facts): Generator<Place> {
  yield* acknowledged;
  for (const read of reads) yield* read.r;
}

const finalValues = ({ final }: Facts): Set<string> => new Set([...final.values()].flat().map((place) => place[2]));

/** One place, one value, for ever (I3). */
function* inconsistentOffsets(facts: Facts): Generator<string> {
  const seen = new Map<string, string>();
  for (const place of places(facts)) {
    const at = `${place[0]}/${place[1]}`;
    const known = seen.get(at);
    if (known === undefined) seen.set(at, place[2]);
    else if (known !== place[2]) yield `${show(place)} was ${known} before`;
  }
}

/** One value, one place (I2). */
function* duplicates(facts: Facts): Generator<string> {
  const seen = new Map<string, string>();
  for (const place of places(facts)) {
    const at = `${place[0]}/${place[1]}`;
    const known = seen.get(place[2]);
    if (known === undefined) seen.set(place[2], at);
    else if (known !== at) yield `${show(place)} is at ${known} too`;
  }
}

/** Whatever was acknowledged is there at the end (I1, I10). */
function* lostWrites(facts: Facts): Generator<string> {
  const there = finalValues(facts);
  for (const place of facts.acknowledged) if (!there.has(place[2])) yield `${show(place)} was acknowledged`;
  for (const { id, outcome, sends } of facts.transactions.values())
    if (outcome === 'committed')
      for (const value of sends) if (!there.has(value)) yield `${value} of the committed transaction ${id}`;
}

/** What is read was sent, and not in a transaction that was aborted (I4, G1a). */
function* abortedReads(facts: Facts): Generator<string> {
  for (const { w, iso, r } of facts.reads)
    for (const place of r) {
      if (!facts.sent.has(place[2])) yield `${w} read ${show(place)}, which nobody sent`;
      const transaction = facts.transactionOf.get(place[2]);
      if (iso === 'c' && transaction?.outcome === 'aborted') yield `${w} read ${show(place)} of ${transaction.id}`;
    }
}

/** Nobody reads what nobody has asked to commit (I5). */
function* precommittedReads(facts: Facts): Generator<string> {
  for (const { w, iso, t, r } of facts.reads)
    if (iso === 'c')
      for (const place of r) {
        const transaction = facts.transactionOf.get(place[2]);
        if (transaction !== undefined && t < transaction.commitAsked) yield `${w} read ${show(place)} too early`;
      }
}

/** All of a transaction is there, or nothing of it (I8). */
function* tornTransactions(facts: Facts): Generator<string> {
  const there = finalValues(facts);
  for (const { id, sends } of facts.transactions.values()) {
    const shown = sends.filter((value) => there.has(value));
    if (shown.length > 0 && shown.length < sends.length)
      yield `${shown.length} of the ${sends.length} records of ${id} are there`;
  }
}

/** The group's offsets are part of the transaction: what the group says of the last one is what the log shows of it (I8, I12). */
function* tornOffsets(facts: Facts, history: readonly Event[]): Generator<string> {
  const there = finalValues(facts);
  /** By worker: the marks that may be the committed one now, and what each means. */
  const possible = new Map<string, Map<number, Transaction | undefined>>();
  for (const event of history) {
    const transaction = 'x' in event && event.x !== undefined ? facts.transactions.get(event.x) : undefined;
    if (event.e === 'commit' && transaction?.mark !== undefined) {
      const marks = possible.get(event.w) ?? new Map<number, Transaction | undefined>([[-1, undefined]]);
      possible.set(event.w, marks.set(transaction.mark, transaction));
    } else if (event.e === 'ok' && transaction?.mark !== undefined) {
      possible.set(event.w, new Map([[transaction.mark, transaction]]));
    } else if (event.e === 'mark') {
      const marks = possible.get(event.w) ?? new Map<number, Transaction | undefined>([[-1, undefined]]);
      const open = [...marks.values()].filter((one) => one?.outcome === 'unknown');
      if (!marks.has(event.mark))
        yield `${event.w} found the mark ${event.mark}, not one of ${[...marks.keys()].join(', ')}`;
      for (const one of open) {
        const committed = one?.mark === event.mark;
        const shown = one?.sends.some((value) => there.has(value)) ?? false;
        if (committed !== shown)
          yield `${one?.id}: offsets ${committed ? '' : 'not '}committed, records ${shown ? '' : 'not '}there`;
      }
      possible.set(event.w, new Map([[event.mark, marks.get(event.mark)]]));
    }
  }
}

/** Within one consumer offsets rise, and nothing committed lies between two records that follow each other (I6). */
function* skips(facts: Facts): Generator<string> {
  const committed = new Map([...facts.final].map(([partition, all]) => [partition, all.map((place) => place[1])]));
  const last = new Map<string, number>();
  for (const { w, n, iso, r } of facts.reads) {
    if (n < 0) continue;
    for (const place of r) {
      const [partition, offset] = place;
      const key = `${w} ${n} ${partition}`;
      const before = last.get(key);
      last.set(key, offset);
      if (before === undefined) continue;
      if (offset <= before) yield `nonmonotonic-poll: ${w} read ${show(place)} after offset ${before}`;
      const between = (committed.get(partition) ?? []).find((at) => at > before && at < offset);
      if (iso === 'c' && between !== undefined)
        yield `poll-skip: ${w} read ${show(place)} after ${before}, without ${between}`;
    }
  }
}

/** What a producer sent to a partition lies there in the order of sending (I7). */
function* reordered(facts: Facts): Generator<string> {
  for (const [partition, all] of facts.final) {
    const counts = new Map<string, number>();
    for (const [, offset, value] of all) {
      const [producer = '', count = ''] = value.split('.');
      const before = counts.get(producer) ?? 0;
      if (Number(count) <= before) yield `${value} at ${partition}/${offset} comes after ${producer}.${before}`;
      counts.set(producer, Number(count));
    }
  }
}

/** Ends never go back (I11), and the LSO is never above the high watermark that was seen after it. */
function* backwards(_facts: Facts, history: readonly Event[]): Generator<string> {
  const ends = new Map<string, readonly number[]>();
  for (const event of history) {
    if (event.e !== 'ends') continue;
    const before = ends.get(event.w) ?? [];
    for (const [partition, end] of event.ends.entries())
      if (end < (before[partition] ?? 0)) yield `${event.w} of ${partition} went from ${before[partition]} to ${end}`;
    ends.set(event.w, event.ends);
  }
}

/** No circle of transactions of which each read what the next one wrote (G1c). */
function* circles({ transactions, transactionOf }: Facts): Generator<string> {
  const state = new Map<Transaction, 'on the way' | 'done'>();
  for (const start of transactions.values()) {
    if (state.has(start)) continue;
    const path: { at: Transaction; next: Iterator<string> }[] = [{ at: start, next: start.reads.values() }];
    state.set(start, 'on the way');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { done, value } = top.next.next();
      const wrote = done === true ? undefined : transactionOf.get(value);
      if (done === true) {
        state.set(top.at, 'done');
        path.pop();
      } else if (wrote !== undefined && wrote.outcome !== 'aborted' && wrote !== top.at) {
        if (state.get(wrote) === 'on the way') yield `${top.at.id} read ${value} of ${wrote.id}, which depends on it`;
        if (!state.has(wrote)) {
          state.set(wrote, 'on the way');
          path.push({ at: wrote, next: wrote.reads.values() });
        }
      }
    }
  }
}

/** Nothing hangs when all is well again, and all can be read (I10). */
function* stuck(_facts: Facts, history: readonly Event[]): Generator<string> {
  if (history.some((event) => event.e === 'hanging')) yield 'transactions are still open a minute after the last fault';
  if (!history.some((event) => event.e === 'end')) yield 'the last reading did not come to the end';
}

const CHECKS: Readonly<Record<string, Check>> = {
  'inconsistent-offsets': inconsistentOffsets,
  duplicate: duplicates,
  'lost-write': lostWrites,
  'aborted-read': abortedReads,
  'precommitted-read': precommittedReads,
  'torn-transaction': tornTransactions,
  'torn-offsets': tornOffsets,
  'poll-skip': skips,
  reordered,
  backwards,
  G1c: circles,
  stuck,
};

/** Names of everything that is looked for. */
export const checkNames: readonly string[] = Object.keys(CHECKS);

/** Of one kind, so many are told. */
const MOST_OF_A_KIND = 5;

/** All that is wrong in a history; nothing when all is well. */
export function anomaliesOf(history: readonly Event[]): Anomaly[] {
  const facts = factsOf(history);
  const found: Anomaly[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    let count = 0;
    for (const detail of check(facts, history)) if (++count <= MOST_OF_A_KIND) found.push({ name, detail });
    if (count > MOST_OF_A_KIND) found.push({ name, detail: `and ${count - MOST_OF_A_KIND} more` });
  }
  return found;
}

/** What happened, in numbers: a run in which nothing happens proves nothing. */
export function tally(history: readonly Event[]): Record<string, number> {
  const { transactions, acknowledged, unsure, reads, final } = factsOf(history);
  const count = (outcome: string): number => [...transactions.values()].filter((one) => one.outcome === outcome).length;
  return {
    committed: count('committed'),
    aborted: count('aborted'),
    unknown: count('unknown'),
    acknowledged: acknowledged.length,
    unsure: unsure.size,
    polled: reads.reduce((sum, read) => sum + read.r.length, 0),
    final: [...byPartition([...final.values()].flat()).values()].reduce((sum, all) => sum + all.length, 0),
  };
}
