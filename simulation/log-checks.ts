import { decodeRecords, verifyBatchCrc } from '../protocol/records/index.ts';
import { crc32c } from '../src/base/crc32c.ts';
import type { ReadResult } from '../src/log/types.ts';
import { NO_CODECS } from '../src/wal/no-codecs.ts';
import { Violation } from './groups-checks.ts';

/** One record as the checkers know it. */
export interface Seen {
  readonly value: string;
  readonly timestamp: number;
}

const text = new TextDecoder();

/** The records of a batch, by offset. */
export function recordsOf(batch: Uint8Array): Map<number, Seen> {
  const found = new Map<number, Seen>();
  decodeRecords(batch, NO_CODECS, 1_000_000, (record) => {
    const value = record.value === null ? '' : text.decode(record.value);
    found.set(record.offset, { value: value.slice(0, value.indexOf(' ')), timestamp: record.timestamp });
  });
  return found;
}

/** A value is `<producer>:<number>`; numbers rise in the order of sending. */
function parse(value: string): { producer: string; number: number } {
  const [producer = '', number = '0'] = value.split(':');
  return { producer, number: Number(number) };
}

/** What all observers of one partition together know. */
class PartitionChecks {
  readonly #name: string;
  /** By offset: what anybody was told or shown. */
  readonly seen: Seen[] = [];
  /** Acknowledged values and their offsets. */
  readonly acknowledged = new Map<string, number>();
  /** Highest log start that anybody asked for: what lies below may be gone. */
  asked = 0;
  highWatermark = 0;
  lastStable = 0;
  logStart = 0;
  judged = 0;

  constructor(name: string) {
    this.#name = name;
  }

  fail(invariant: string, what: string): never {
    throw new Violation(`${invariant}, ${this.#name}: ${what}`);
  }

  /** I3 inconsistent-offsets: an offset has one value for ever. */
  observe(offset: number, record: Seen): void {
    this.judged += 1;
    const known = this.seen[offset];
    if (known !== undefined && known.value !== record.value)
      this.fail('I3 inconsistent-offsets', `offset ${offset} was ${known.value} and is ${record.value}`);
    this.seen[offset] = record;
  }

  /** I11: high watermark, last stable offset and log start never go back, over restarts too. */
  watermarks(highWatermark: number, lastStable: number, logStart: number): void {
    if (highWatermark < this.highWatermark)
      this.fail('I11 monotonic', `the high watermark went from ${this.highWatermark} back to ${highWatermark}`);
    if (lastStable < this.lastStable)
      this.fail('I11 monotonic', `the last stable offset went from ${this.lastStable} back to ${lastStable}`);
    if (logStart < this.logStart)
      this.fail('I11 monotonic', `the log start went from ${this.logStart} back to ${logStart}`);
    this.highWatermark = highWatermark;
    this.lastStable = lastStable;
    this.logStart = logStart;
  }
}

/**
 * The invariants of the log, judged by what clients are told and shown alone (numbers and names as in the list of
 * reliability invariants). Each throws Violation.
 */
export class LogChecks {
  readonly #partitions: PartitionChecks[];

  constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, (_, number) => new PartitionChecks(`partition ${number}`));
  }

  #of(partition: number): PartitionChecks {
    return this.#partitions[partition]!;
  }

  /** Observations that were judged; a run that judges nothing proves nothing. */
  get judged(): number {
    return this.#partitions.reduce((sum, one) => sum + one.judged, 0);
  }

  acknowledge(partition: number, values: readonly Seen[], baseOffset: number): void {
    const checks = this.#of(partition);
    for (const [i, record] of values.entries()) {
      checks.observe(baseOffset + i, record);
      const before = checks.acknowledged.get(record.value);
      if (before !== undefined && before !== baseOffset + i)
        checks.fail('I2 duplicate', `${record.value} was acknowledged at ${before} and at ${baseOffset + i}`);
      checks.acknowledged.set(record.value, baseOffset + i);
    }
  }

  /** Somebody asks for the log to start there; it may come true even without an answer. */
  askStart(partition: number, offset: number): void {
    this.#of(partition).asked = Math.max(this.#of(partition).asked, offset);
  }

  watermarks(partition: number, of: { highWatermark: number; lastStableOffset: number; logStartOffset: number }): void {
    this.#of(partition).watermarks(of.highWatermark, of.lastStableOffset, of.logStartOffset);
  }

  /**
   * I6 poll-skip and int-poll-skip: a read gives the batch that holds the offset and those that follow, without a gap, and nothing above the
   * high watermark. Gives the next offset.
   */
  read(partition: number, offset: number, result: ReadResult): number {
    const checks = this.#of(partition);
    let next = offset;
    for (const [i, chunk] of result.chunks.entries()) {
      if (!verifyBatchCrc(chunk, 0, crc32c))
        checks.fail('I3 inconsistent-offsets', `the batch at ${next} has a wrong CRC`);
      const records = recordsOf(chunk);
      const offsets = [...records.keys()];
      const [first = -1] = offsets;
      const last = offsets.at(-1) ?? -1;
      // What lay before a log start that was raised during the read may be gone.
      const skipped = first > next && first > checks.asked;
      if (i === 0 ? skipped || last < next : first !== next)
        checks.fail('I6 poll-skip', `asked for ${next} and got ${first} to ${last}`);
      if (last >= result.highWatermark)
        checks.fail('I11 monotonic', `offset ${last} was shown at the high watermark ${result.highWatermark}`);
      for (const [at, record] of records) checks.observe(at, record);
      next = last + 1;
    }
    return next;
  }

  /** Somebody else than a client was shown a batch (the follower of the WAL). */
  batch(partition: number, batch: Uint8Array): void {
    for (const [at, record] of recordsOf(batch)) this.#of(partition).observe(at, record);
  }

  /** A lookup by time gives the first record that is late enough; `from` and `below` bound what was there all the time. */
  timeLookup(partition: number, timestamp: number, found: number | undefined, from: number, below: number): void {
    const checks = this.#of(partition);
    checks.judged += 1;
    for (let offset = Math.max(from, checks.asked); offset < Math.min(found ?? below, below); offset++) {
      const record = checks.seen[offset];
      if (record !== undefined && record.timestamp >= timestamp)
        checks.fail('time lookup', `${timestamp} is found at ${found}, and ${offset} has ${record.timestamp}`);
    }
    const record = found === undefined ? undefined : checks.seen[found];
    if (record !== undefined && record.timestamp < timestamp)
      checks.fail('time lookup', `${timestamp} is found at ${found}, which has ${record.timestamp}`);
  }

  /**
   * The whole partition at the end, by offset. I1 lost-write: what was acknowledged and not let go is there. I2 duplicate: nothing is there twice.
   * I7: what a producer sent is in its order.
   */
  finish(partition: number, content: ReadonlyMap<number, Seen>, logStart: number): void {
    const checks = this.#of(partition);
    if (logStart > checks.asked)
      checks.fail('I18 retention', `the log starts at ${logStart}, asked for was ${checks.asked}`);
    for (const [value, offset] of checks.acknowledged)
      if (offset >= checks.asked && content.get(offset)?.value !== value)
        checks.fail('I1 lost-write', `${value} was acknowledged at ${offset}, where ${content.get(offset)?.value} is`);
    const at = new Map<string, number>();
    const last = new Map<string, number>();
    for (const [offset, { value }] of content) {
      const twice = at.get(value) ?? checks.acknowledged.get(value);
      if (twice !== undefined && twice !== offset)
        checks.fail('I2 duplicate', `${value} is at ${twice} and at ${offset}`);
      at.set(value, offset);
      const { producer, number } = parse(value);
      if ((last.get(producer) ?? -1) >= number)
        checks.fail('I7 order', `${value} at ${offset} comes after ${producer}:${last.get(producer)}`);
      last.set(producer, number);
    }
  }
}
