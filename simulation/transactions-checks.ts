import { decodeRecords, readBatchHeader, readMarker } from '../protocol/records/index.ts';
import { codecs } from '../src/base/compression.ts';
import { Violation } from './groups-checks.ts';
import { type Entry, PARTITIONS } from './transactions-log.ts';

/** What a producer knows of one of its transactions. */
export interface Attempt {
  /** Unique; grows with time. */
  readonly number: number;
  readonly transactionalId: string;
  /** Tags of records that were acknowledged. */
  readonly acked: string[];
  /** The group offset that was acknowledged, is known not to be there, or may be there. */
  offset: 'acked' | 'none' | 'unknown';
  outcome: 'committed' | 'aborted' | 'unknown';
}

export const tagOf = (attempt: Attempt, index: number): string => `${attempt.number}/${index}`;
const numberOf = (tag: string): number => Number(tag.split('/')[0]);

type Fate = 'committed' | 'aborted' | 'open';

interface Found {
  readonly fates: Set<Fate>;
  readonly tags: string[];
  /** Position of the last marker that ended it, in the order of appends. */
  endedAt: number;
}

function markerOf(bytes: Uint8Array): 'commit' | 'abort' | undefined {
  let type: 'commit' | 'abort' | undefined;
  decodeRecords(bytes, codecs, 1024, (record) => {
    type = readMarker(record.key, record.value)?.type;
    return false;
  });
  return type;
}

/** What became of each transaction, as the log tells it: a record belongs to the next marker of its producer in its partition. */
function fatesOf(entries: readonly Entry[]): Map<number, Found> {
  const found = new Map<number, Found>();
  const open = Array.from({ length: PARTITIONS }, () => new Map<number, string[]>());
  const settle = (tags: readonly string[], fate: Fate, at: number): void => {
    for (const tag of tags) {
      const number = numberOf(tag);
      const one: Found = found.get(number) ?? { fates: new Set<Fate>(), tags: [], endedAt: -1 };
      one.fates.add(fate);
      one.tags.push(tag);
      one.endedAt = Math.max(one.endedAt, at);
      found.set(number, one);
    }
  };
  for (const [at, { partition, bytes, tag }] of entries.entries()) {
    const { producerId } = readBatchHeader(bytes, 0);
    const tags = open[partition]?.get(producerId) ?? [];
    if (tag !== undefined) open[partition]?.set(producerId, [...tags, tag]);
    else {
      settle(tags, markerOf(bytes) === 'commit' ? 'committed' : 'aborted', at);
      open[partition]?.delete(producerId);
    }
  }
  for (const producers of open) for (const tags of producers.values()) settle(tags, 'open', entries.length);
  return found;
}

/** Watches a run, and judges it at its end. Throws Violation. */
export class TransactionChecks {
  readonly attempts: Attempt[] = [];
  judged = 0;
  readonly #stable: number[] = Array.from({ length: PARTITIONS }, () => 0);
  readonly #told = new Set<string>();

  begin(transactionalId: string): Attempt {
    const number = this.attempts.length + 1;
    const attempt: Attempt = { number, transactionalId, acked: [], offset: 'none', outcome: 'unknown' };
    this.attempts.push(attempt);
    return attempt;
  }

  /** I11: the last stable offset never goes back, not even by a crash. */
  stable(partition: number, offset: number): void {
    this.judged++;
    if (offset < (this.#stable[partition] ?? 0))
      throw new Violation(
        `I11: the last stable offset of ${partition} went from ${this.#stable[partition]} to ${offset}`,
      );
    this.#stable[partition] = offset;
  }

  /** I14: no two producers that came anew were told the same identity. */
  initialized(transactionalId: string, producerId: number, producerEpoch: number): void {
    this.judged++;
    const told = `${producerId}/${producerEpoch}`;
    if (this.#told.has(told)) throw new Violation(`I14: ${transactionalId} was told ${told} twice`);
    this.#told.add(told);
  }

  /** I1, I4, I8: each transaction is there as a whole or not at all, as its producer was told; so are its offsets. */
  atEnd(entries: readonly Entry[], committedOffset: (transactionalId: string) => number): void {
    const found = fatesOf(entries);
    for (const attempt of this.attempts) this.#judge(attempt, found.get(attempt.number));
    for (const transactionalId of new Set(this.attempts.map((attempt) => attempt.transactionalId)))
      this.#judgeOffsets(transactionalId, found, committedOffset(transactionalId));
  }

  #judge({ number, acked, outcome }: Attempt, found: Found | undefined): void {
    this.judged++;
    const tags = new Set(found?.tags);
    const fates = [...(found?.fates ?? [])];
    if (found !== undefined && tags.size !== found.tags.length) throw new Violation(`I2: ${number} has a record twice`);
    if (fates.includes('open')) throw new Violation(`liveness: transaction ${number} is open for ever`);
    if (fates.length > 1) throw new Violation(`I8: transaction ${number} is torn`);
    if (outcome === 'committed') {
      const lost = acked.find((tag) => !tags.has(tag));
      if (lost !== undefined) throw new Violation(`I1: ${lost} was committed and is lost`);
      if (fates[0] === 'aborted') throw new Violation(`I1: transaction ${number} was committed and is aborted`);
    }
    if (outcome === 'aborted' && fates[0] === 'committed')
      throw new Violation(`I4: transaction ${number} was aborted and is committed`);
  }

  #judgeOffsets(transactionalId: string, found: ReadonlyMap<number, Found>, committed: number): void {
    this.judged++;
    const own = this.attempts.filter((attempt) => attempt.transactionalId === transactionalId);
    const isCommitted = ({ number, outcome }: Attempt): boolean =>
      outcome === 'committed' || found.get(number)?.fates.has('committed') === true;
    const source = own.find(({ number }) => number === committed);
    if (committed >= 0 && (source === undefined || !isCommitted(source)))
      throw new Violation(`I8: offset ${committed} of ${transactionalId} is that of no committed transaction`);
    const ended = own
      .filter((attempt) => isCommitted(attempt) && found.has(attempt.number) && attempt.offset === 'acked')
      .sort((a, b) => (found.get(a.number)?.endedAt ?? 0) - (found.get(b.number)?.endedAt ?? 0));
    const last = ended.at(-1);
    if (last === undefined) return;
    const isLater = source !== undefined && source.offset === 'unknown' && source.number > last.number;
    if (committed !== last.number && !isLater)
      throw new Violation(`I8: ${transactionalId} committed offset ${last.number} last, and has ${committed}`);
  }
}
