import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { readFile } from '../../../src/base/disk.ts';
import type { LocalLog } from '../../../src/log/local-log.ts';
import { readSegmentHeader, SegmentReader } from '../../../src/wal/segment-reader.ts';
import { type DiskFaults, noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { batch, openFixture, TOPIC, TOPIC_ID } from '../../unit/log/log-fixture.ts';

/** Files of a WAL folder by path. */
export type Image = ReadonlyMap<string, Uint8Array>;

export const PARTITIONS = 2;

/** A WAL as a crash finds it: its files, and what had been promised. */
export interface CrashSite {
  readonly image: Image;
  /** The files when the last sync ended: what a block that was not written then still holds. */
  readonly before: Image;
  /** The segment that was being written, how far it was durable, and where its written bytes end. */
  readonly path: string;
  readonly synced: number;
  readonly written: number;
  /** Values per partition in append order, and how many of them were acknowledged. */
  readonly values: readonly (readonly string[])[];
  readonly acknowledged: readonly number[];
  /** What lies before was let go. */
  readonly logStarts: readonly number[];
}

function imageOf(disk: SimulatedDisk): Image {
  const files = disk.list('/wal').filter((entry) => !entry.directory);
  return new Map(files.map(({ name }) => [`/wal/${name}`, readFile(disk, `/wal/${name}`)]));
}

const settings = { sealBytes: 32 * 1024, tailMaxBytes: 0 };

/** Reads every batch of every partition: `offset=value` per batch. */
export async function contents(log: LocalLog): Promise<string[][]> {
  const found: string[][] = [];
  for (let number = 0; number < PARTITIONS; number++) {
    const partition = log.partition(TOPIC, number)!;
    const values: string[] = [];
    for (let offset = partition.logStartOffset; offset < partition.highWatermark; ) {
      const { chunks } = await partition.read(offset, 1_000_000, 'read_uncommitted', true);
      for (const chunk of chunks) {
        const text = Buffer.from(chunk).toString('latin1');
        values.push(`${Number(Buffer.from(chunk).readBigInt64BE(0))}=${/<\d+ of \d+>/.exec(text)?.[0] ?? '?'}`);
        offset = Number(Buffer.from(chunk).readBigInt64BE(0)) + 1;
      }
    }
    found.push(values);
  }
  return found;
}

/**
 * Writes `synced` groups that are acknowledged, then `unsynced` groups whose sync never ends, and stops there. `recycled`: the segment's file had an
 * earlier life, whose entries follow.
 */
export async function crashSite(synced: number, unsynced: number, recycled: boolean): Promise<CrashSite> {
  const disk = new SimulatedDisk();
  let hang = false;
  const faults: DiskFaults = { ...noFaults, sync: () => (hang ? new Promise(() => {}) : Promise.resolve()) };
  disk.faults = faults;
  const { log } = await openFixture({
    disk,
    partitions: PARTITIONS,
    settings: { ...settings, spareFiles: recycled ? 2 : 0 },
  });
  const values: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const acknowledged = values.map(() => 0);
  const group = (count: number, size: number): Promise<void>[] =>
    Array.from({ length: count }, (_, i) => {
      const number = i % PARTITIONS;
      const value = `<${values[number]!.length} of ${number}>`;
      values[number]!.push(value);
      return log.partition(TOPIC, number)!.append(batch([value + 'x'.repeat(size)])).durable;
    });
  const acknowledge = async (appends: Promise<void>[]): Promise<void> => {
    await Promise.all(appends);
    for (const [i, one] of values.entries()) acknowledged[i] = one.length;
  };
  if (recycled)
    while (log.wal.watermark.read().segment < 6) {
      await acknowledge(group(6, 900));
      for (const { sequence } of log.wal.sealedSegments().slice(0, -1)) log.drained(sequence);
    }
  const logStarts: number[] = [];
  for (let number = 0; number < PARTITIONS; number++)
    logStarts.push(recycled ? await log.partition(TOPIC, number)!.deleteRecordsBefore(-1) : 0);
  log.wal.roll();
  for (let i = 0; i < synced; i++) await acknowledge(group(3, 10 + 30 * i));
  const before = imageOf(disk);
  hang = true;
  for (let i = 0; i < unsynced; i++) {
    void group(4, 200 * i + 20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { segment, position } = log.wal.watermark.read();
  const path = `/wal/${String(segment).padStart(20, '0')}.wal`;
  const image = imageOf(disk);
  return { image, before, path, synced: position, written: writtenEnd(disk, path), values, acknowledged, logStarts };
}

function writtenEnd(disk: SimulatedDisk, path: string): number {
  const file = disk.open(path, 'read');
  const reader = new SegmentReader(file, readSegmentHeader(file)!.salt);
  while (reader.next().kind === 'entry');
  return reader.position;
}

/** What recovery makes of an image, run twice: the second run must change nothing. */
export async function recover(image: Image, site: CrashSite): Promise<{ first: string[][]; second: string[][] }> {
  const disk = memoryDisk();
  disk.makeDirectory('/wal');
  for (const [path, bytes] of image) {
    const file = disk.open(path, 'create');
    file.writeSync([bytes], 0);
    file.close();
  }
  const facts = site.logStarts.map((logStartOffset, partition) => ({
    topicId: TOPIC_ID,
    partition,
    logStartOffset,
    packedUpTo: logStartOffset,
    packedBytes: 0,
  }));
  const runs: string[][][] = [];
  for (let run = 0; run < 2; run++) {
    const { log } = await openFixture({ disk, partitions: PARTITIONS, settings, facts });
    runs.push(await contents(log));
    await log.close();
  }
  return { first: runs[0]!, second: runs[1]! };
}

/**
 * What is wrong with a recovered log, or undefined: promise 1 (no acknowledged batch is lost or doubled, none out of order), promise 2 (offsets
 * without gaps, each with its one value), and that recovering again changes nothing. `intact`: nothing that was durable was touched.
 */
export function judge(
  site: CrashSite,
  run: { first: string[][]; second: string[][] },
  intact: boolean,
): string | undefined {
  if (JSON.stringify(run.first) !== JSON.stringify(run.second)) return 'recovering again gave another log';
  for (const [number, found] of run.first.entries()) {
    const start = site.logStarts[number]!;
    const sent = site.values[number]!.map((value, offset) => `${offset}=${value}`).slice(start);
    const wrong = found.findIndex((value, i) => value !== sent[i]);
    if (wrong >= 0) return `partition ${number} has ${found[wrong]} where ${sent[wrong]} was`;
    if (intact && found.length < site.acknowledged[number]! - start)
      return `partition ${number} lost acknowledged batches: ${found.length} of ${site.acknowledged[number]! - start}`;
  }
  return undefined;
}

/** The image with the bytes of the crashed segment replaced. */
export function withSegment(site: CrashSite, change: (bytes: Uint8Array) => Uint8Array): Image {
  const image = new Map(site.image);
  image.set(site.path, change(image.get(site.path)!.slice()));
  return image;
}
