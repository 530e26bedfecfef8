import { verifyBatchCrc } from '../protocol/records/index.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { below } from '../src/base/random.ts';
import { type Appended, LogError } from '../src/log/types.ts';
import { SegmentIndex } from '../src/wal/segment-index.ts';
import { type CorruptRange, type WalEntry, WalFollower, type WalPosition } from '../src/wal/segment-reader.ts';
import { segmentPath } from '../src/wal/files.ts';
import { ENTRY_HEADER_BYTES } from '../src/wal/format.ts';
import type { SealedSegment } from '../src/wal/options.ts';
import { readFile } from '../src/base/disk.ts';
import type { LocalLog } from '../src/log/local-log.ts';
import { Violation } from './groups-checks.ts';
import type { Seen } from './log-checks.ts';
import { isOfTheWorld, type Life, type LogWorld } from './log-world.ts';

interface Batch {
  readonly records: readonly Seen[];
  readonly sequence: number;
  /** What the broker said, when it said so. */
  baseOffset: number | undefined;
}

const IN_FLIGHT = 5;

/** Sends batches to one partition, several at once; an idempotent one sends again until it is told that they are in. */
export class SimulatedProducer {
  readonly #world: LogWorld;
  readonly #partition: number;
  readonly #id: number;
  readonly #idempotent: boolean;
  #epoch = 0;
  #sequence = 0;
  #count = 0;
  /** Of the world, when it last sent. */
  #restarts = 0;
  /** It has been silent for long. */
  #rested = false;
  /** Not acknowledged, in order. */
  #queue: Batch[] = [];
  /** The newest acknowledged ones of this epoch. */
  #sent: Batch[] = [];

  constructor(world: LogWorld, partition: number, id: number) {
    this.#world = world;
    this.#partition = partition;
    this.#id = id;
    this.#idempotent = world.chance(0.75);
  }

  get done(): boolean {
    return this.#queue.length === 0;
  }

  async run(): Promise<void> {
    const { random } = this.#world;
    for (;;) {
      this.#rested = this.#world.chance(0.03);
      if (this.#rested) await this.#world.sleep(200 + below(random, 400));
      this.#fill();
      await this.#sendAll();
      await this.#world.sleep(this.#queue.length > 0 ? 5 + below(random, 20) : below(random, 12));
    }
  }

  #fill(): void {
    const { random, stopping, clock } = this.#world;
    if (stopping || (this.#queue.length > 0 && this.#idempotent)) return;
    if (this.#idempotent && this.#world.chance(0.02)) {
      this.#epoch += 1;
      this.#sequence = 0;
      this.#sent = [];
    }
    for (let i = below(random, IN_FLIGHT + 1); i > 0; i--) {
      const records = Array.from({ length: 1 + below(random, 4) }, () => ({
        value: `p${this.#id}:${this.#count++}`,
        timestamp: clock.now() - below(random, 50),
      }));
      this.#queue.push({ records, sequence: this.#sequence, baseOffset: undefined });
      this.#sequence += records.length;
    }
  }

  /** Sends what is queued, in order, without waiting for answers in between; then takes the answers. */
  async #sendAll(): Promise<void> {
    const world = this.#world;
    const { log, life } = await world.running();
    const answers: Promise<boolean>[] = [];
    for (const batch of [...this.#again(), ...this.#queue.flatMap((one) => this.#impatient(one))]) {
      if (world.chance(0.2)) await world.sleep(below(world.random, 3));
      if (life.ended) break;
      const answer = this.#send(log, life, batch);
      if (answer === undefined) break;
      answer.catch(() => {}); // Taken below, with the others.
      answers.push(answer);
    }
    await Promise.all(answers);
    if (this.#idempotent) {
      const open = this.#queue.findIndex((batch) => batch.baseOffset === undefined);
      this.#sent.push(...this.#queue.splice(0, open < 0 ? this.#queue.length : open));
      this.#sent = this.#sent.slice(-IN_FLIGHT);
    } else this.#queue = [];
  }

  /** Now and then one that is in already is sent again: its answer had been lost. Only those that the log must remember. */
  #again(): Batch[] {
    const remembered = this.#sent.slice(-(IN_FLIGHT - this.#queue.length));
    const often = this.#rested || this.#world.restarts > this.#restarts ? 0.7 : 0.1;
    this.#restarts = this.#world.restarts;
    if (!this.#idempotent || remembered.length === 0 || this.#queue.length >= IN_FLIGHT || !this.#world.chance(often))
      return [];
    return [remembered[below(this.#world.random, remembered.length)]!];
  }

  /** A client that waits for an answer for too long sends again, while the first one is on its way to the disk. */
  #impatient(batch: Batch): Batch[] {
    return this.#idempotent && this.#world.chance(0.1) ? [batch, batch] : [batch];
  }

  /** Undefined when the log refused it at once: what comes after it must not be sent then. */
  #send(log: LocalLog, life: Life, batch: Batch): Promise<boolean> | undefined {
    const world = this.#world;
    const { records, sequence } = batch;
    const producer = this.#idempotent ? { id: this.#id, epoch: this.#epoch, sequence } : undefined;
    let appended: Appended;
    try {
      appended = world.partition(log, this.#partition).append(world.batchOf(records, producer));
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      if (error.code === 'KAFKA_STORAGE_ERROR') return undefined;
      const what = `${batch.records[0]?.value} is refused: ${error.code}, ${error.message}`;
      throw new Violation(`I7 order, partition ${this.#partition}: ${what}`);
    }
    return this.#answer(life, batch, appended);
  }

  async #answer(life: Life, batch: Batch, appended: Appended): Promise<boolean> {
    const world = this.#world;
    try {
      const durable = await life.within(appended.durable.then(() => true));
      if (durable !== true) return false;
    } catch (error) {
      if (error instanceof LogError && error.code === 'KAFKA_STORAGE_ERROR') return false;
      throw error;
    }
    // The answer may get lost on its way; the client does not know then.
    if (batch.baseOffset === undefined && this.#idempotent && world.chance(0.05)) return false;
    world.checks.acknowledge(this.#partition, batch.records, appended.baseOffset);
    batch.baseOffset = appended.baseOffset;
    return true;
  }
}

/** Reads one partition from some offset on, jumps now and then, and asks for offsets by time. */
export class SimulatedConsumer {
  readonly #world: LogWorld;
  readonly #partition: number;
  #offset = 0;

  constructor(world: LogWorld, partition: number) {
    this.#world = world;
    this.#partition = partition;
  }

  get offset(): number {
    return this.#offset;
  }

  async run(): Promise<void> {
    const world = this.#world;
    for (;;) {
      const { log, life } = await world.running();
      await life.within(this.#step(log, life));
      await world.sleep(below(world.random, world.stopping ? 3 : 25));
    }
  }

  async #step(log: LocalLog, life: Life): Promise<void> {
    const { random, checks } = this.#world;
    const partition = this.#world.partition(log, this.#partition);
    const lease = this.#world.chance(0.5) ? log.beginRead() : undefined;
    try {
      const isolation = this.#world.chance(0.3) ? 'read_committed' : 'read_uncommitted';
      const maxBytes = this.#world.stopping ? 50_000 : below(random, 8000);
      const result = await partition.read(this.#offset, maxBytes, isolation, true, lease);
      checks.watermarks(this.#partition, result);
      // What was read under a lease must hold until that ends.
      if (lease !== undefined) await this.#world.sleep(below(random, 10));
      if (life.ended) return;
      this.#offset = checks.read(this.#partition, this.#offset, result);
      const end = result.highWatermark;
      if (result.chunks.length === 0 && this.#offset < end && isolation === 'read_uncommitted')
        throw new Violation(`I10 unseen, partition ${this.#partition}: ${this.#offset} is not shown below ${end}`);
      if (!this.#world.stopping && this.#world.chance(0.1)) this.#offset = below(random, end + 1);
      if (this.#world.chance(0.1)) await this.#lookUp(log);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      if (error.code === 'OFFSET_OUT_OF_RANGE') this.#reset(log, error);
      else if (error.code !== 'KAFKA_STORAGE_ERROR' || !isOfTheWorld(error))
        throw new Violation(`I1 lost-write, partition ${this.#partition}: ${error.message}`);
    } finally {
      lease?.end();
    }
  }

  /** The log may have let go what was to come, and nothing else. */
  #reset(log: LocalLog, error: LogError): void {
    const { logStartOffset } = this.#world.partition(log, this.#partition);
    if (this.#offset >= logStartOffset)
      throw new Violation(`I11 monotonic, partition ${this.#partition}: ${this.#offset} is gone: ${error.message}`);
    this.#offset = logStartOffset;
  }

  async #lookUp(log: LocalLog): Promise<void> {
    const { clock, random, checks } = this.#world;
    const partition = this.#world.partition(log, this.#partition);
    const timestamp = clock.now() - below(random, 2000);
    const below_ = partition.highWatermark;
    const found = await partition.findOffset({ timestamp }, 'read_uncommitted');
    checks.timeLookup(this.#partition, timestamp, found?.offset, partition.logStartOffset, below_);
  }
}

/** Packs what is sealed and lets the segments go, once a follower of the WAL has read them too. */
export class SimulatedProcessor {
  readonly #world: LogWorld;
  /** How far the follower is; a hint that survives. */
  #followed: WalPosition = { segment: 0, position: 0 };

  constructor(world: LogWorld) {
    this.#world = world;
  }

  async run(): Promise<void> {
    const world = this.#world;
    for (;;) {
      const { log, life } = await world.running();
      try {
        this.#follow(log);
        for (const segment of log.wal.sealedSegments()) {
          if (life.ended) break;
          await life.within(this.#pack(log, life, segment));
        }
      } catch (error) {
        if (!isOfTheWorld(error)) throw error;
      }
      await world.sleep(20 + below(world.random, 200));
    }
  }

  #follow(log: LocalLog): void {
    const { disk, checks } = this.#world;
    const onCorrupt = (range: CorruptRange): void => {
      throw new Violation(`I1 lost-write: the follower finds ${JSON.stringify(range)} corrupt`);
    };
    const first = log.wal.sealedSegments()[0]?.sequence ?? 0;
    const from = this.#followed.segment >= first ? this.#followed : { segment: first, position: 0 };
    const follower = new WalFollower(disk, '/wal', from, onCorrupt);
    const durable = log.wal.watermark.read();
    const exists = (sequence: number): boolean => disk.exists(segmentPath('/wal', sequence));
    for (let entry: WalEntry | undefined; (entry = follower.next(durable, exists)) !== undefined; )
      checks.batch(entry.partition, entry.payload);
    this.#followed = follower.position;
    follower.close();
  }

  async #pack(log: LocalLog, life: Life, segment: SealedSegment): Promise<void> {
    const { bug, packs, random } = this.#world;
    const parts = this.#batchesOf(segment);
    if (bug.drainEarly === true) log.drained(segment.sequence);
    await this.#world.sleep(below(random, 60));
    if (life.ended) return;
    for (const [partition, batches] of parts) {
      packs.add(partition, bug.packLess === true ? batches.slice(0, -1) : batches);
      await this.#world.sleep(below(random, 4));
      if (life.ended) return;
    }
    if (this.#followed.segment > segment.sequence) log.drained(segment.sequence);
  }

  /** The batches of a sealed segment, by its index. */
  #batchesOf(segment: SealedSegment): [number, Uint8Array[]][] {
    const { disk } = this.#world;
    const index = SegmentIndex.read(disk, '/wal', segment.sequence);
    if (index === undefined) throw new Violation(`I1 lost-write: segment ${segment.sequence} has no index`);
    const bytes = readFile(disk, segment.path);
    return index.directory.partitions.map((one) => {
      const columns = index.columns(one)!;
      const batches = Array.from({ length: columns.count }, (_, i) => {
        const at = columns.positions[i]!;
        const batch = bytes.slice(at + ENTRY_HEADER_BYTES, at + columns.lengths[i]!);
        if (batch.length < 61 || batch[16] !== 2 || !verifyBatchCrc(batch, 0, crc32c))
          throw new Violation(`I1 lost-write: segment ${segment.sequence} has no whole batch at ${at}`);
        return batch;
      });
      return [one.partition, batches];
    });
  }
}

/** Raises log starts by hand. */
export async function deleteRecords(world: LogWorld): Promise<void> {
  for (;;) {
    await world.sleep(below(world.random, 3000));
    const { log, life } = await world.running();
    const number = below(world.random, world.plan.partitions);
    const partition = world.partition(log, number);
    const { logStartOffset, highWatermark } = partition;
    const offset = logStartOffset + below(world.random, highWatermark - logStartOffset + 1);
    const start = await life.within(partition.deleteRecordsBefore(offset));
    if (start !== undefined && start < offset)
      throw new Violation(`I11 monotonic, partition ${number}: the log starts at ${start} after ${offset} was deleted`);
    if (start !== undefined) world.checks.watermarks(number, partition);
  }
}
