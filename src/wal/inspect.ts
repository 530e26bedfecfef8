import type { Disk } from '../base/disk.ts';
import type { Processes } from '../base/processes.ts';
import { listWal, segmentPath } from './files.ts';
import type { SegmentHeader } from './format.ts';
import { lockDirectory, lockOwner } from './lock.ts';
import type { WalOptions } from './options.ts';
import { PartitionTable } from './partition-table.ts';
import type { WalPartition } from './partition.ts';
import type { RecoveryReport } from './recovery.ts';
import { addScanned, nameOf } from './replay.ts';
import { type SegmentScan, holdsEntries, scanSegment } from './scan.ts';
import { SegmentIndex, writeIndex } from './segment-index.ts';
import { type CorruptRange, readSegmentHeader } from './segment-reader.ts';
import { Wal } from './wal.ts';

/** What a look at one segment shows. */
export interface SegmentFacts {
  readonly sequence: number;
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Undefined when it cannot be read. */
  readonly header: SegmentHeader | undefined;
  /** 'spare': made for later, or drained. */
  readonly kind: 'sealed' | 'open' | 'spare' | 'unreadable';
  /** Whether the `.idx` file fits the segment. */
  readonly index: 'whole' | 'missing' | 'damaged';
  /** Known with a whole index, and after a scan. */
  readonly entries: number | undefined;
  readonly end: number | undefined;
  /** Offsets per partition, as `<topic id>-<partition>`. */
  readonly partitions: readonly PartitionFacts[];
}

export interface PartitionFacts {
  readonly name: string;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly batches: number;
  readonly bytes: number;
  readonly maxTimestamp: number;
}

/** What a look at a WAL folder shows. Nothing is changed. */
export interface WalFacts {
  readonly folder: string;
  /** Id of the process that has it open. */
  readonly openIn: string | undefined;
  readonly segments: readonly SegmentFacts[];
  readonly spareFiles: number;
}

/** Something that is not as it should be. */
export interface WalProblem {
  readonly sequence: number;
  readonly kind: 'unreadable header' | 'corrupt entries' | 'torn end' | 'index missing' | 'index differs';
  readonly range: CorruptRange | undefined;
  /** A sentence for people. */
  readonly message: string;
}

function indexState(disk: Disk, folder: string, sequence: number, header: SegmentHeader | undefined) {
  const exists = listWal(disk, folder).indexes.includes(sequence);
  const read = SegmentIndex.read(disk, folder, sequence);
  const index = read !== undefined && read.directory.salt === (header?.salt ?? read.directory.salt) ? read : undefined;
  const state: SegmentFacts['index'] = index !== undefined ? 'whole' : exists ? 'damaged' : 'missing';
  return { index, state };
}

function look(disk: Disk, folder: string, sequence: number): SegmentFacts {
  const path = segmentPath(folder, sequence);
  const file = disk.open(path, 'read');
  try {
    const header = readSegmentHeader(file);
    const { index, state } = indexState(disk, folder, sequence, header);
    const known = index?.directory;
    const partitions = (known?.partitions ?? []).map((one) => ({
      name: nameOf(one),
      baseOffset: one.baseOffset,
      lastOffset: one.lastOffset,
      batches: one.batches,
      bytes: one.bytes,
      maxTimestamp: one.maxTimestamp,
    }));
    const readable = header !== undefined && header.sequence === sequence;
    const open = readable && holdsEntries(file, header) ? 'open' : 'spare';
    const kind = header === undefined ? 'unreadable' : known !== undefined ? 'sealed' : open;
    const { entries, end } = known ?? {};
    return { sequence, path, bytes: file.sizeSync(), header, kind, index: state, entries, end, partitions };
  } finally {
    file.close();
  }
}

/** Facts of a WAL folder, from headers and indexes; works while a broker has it open. Throws WalFormatError for a newer format. */
export function inspectWal(disk: Disk, folder: string, processes: Processes): WalFacts {
  const files = listWal(disk, folder);
  return {
    folder,
    openIn: lockOwner(disk, folder, processes),
    segments: files.segments.map((sequence) => look(disk, folder, sequence)),
    spareFiles: files.spares.length,
  };
}

/** A scan of a segment with the partitions as it shows them. */
function scan(disk: Disk, folder: string, sequence: number, header: SegmentHeader, complete: boolean) {
  const table = new PartitionTable();
  const touched = new Set<WalPartition>();
  const bad: CorruptRange[] = [];
  const file = disk.open(segmentPath(folder, sequence), 'read');
  try {
    const found = scanSegment(file, header, complete, (entry) => {
      const partition = table.obtain(entry.topicId, entry.partition);
      if (addScanned(partition, sequence, entry, touched) === undefined)
        bad.push({ sequence, from: entry.position, to: entry.position + entry.length });
    });
    const result: SegmentScan = { ...found, corrupt: [...found.corrupt, ...bad] };
    return { scan: result, touched: [...touched] };
  } finally {
    file.close();
  }
}

function problem(sequence: number, kind: WalProblem['kind'], message: string, range?: CorruptRange): WalProblem {
  return { sequence, kind, message, range };
}

/** Whether the index says of each partition what the segment itself shows. */
function agrees(index: SegmentIndex, found: SegmentScan, touched: readonly WalPartition[]): boolean {
  const { partitions, end, entries } = index.directory;
  if (end !== found.end || entries !== found.entries || partitions.length !== touched.length) return false;
  return touched.every((partition) => {
    const part = partition.parts[0];
    const indexed = partitions.find((one) => nameOf(one) === nameOf(partition));
    const columns = indexed && index.columns(indexed);
    if (part?.index === undefined || columns === undefined || columns.count !== part.index.count) return false;
    return columns.positions.every((position, i) => position === part.index?.positions[i]);
  });
}

function* problemsOf(disk: Disk, folder: string, facts: SegmentFacts, complete: boolean): Generator<WalProblem> {
  const { sequence, header } = facts;
  if (header === undefined) {
    yield problem(sequence, 'unreadable header', `the header of segment ${sequence} cannot be read`);
    return;
  }
  const { scan: found, touched } = scan(disk, folder, sequence, header, complete);
  for (const range of found.corrupt)
    yield problem(
      sequence,
      'corrupt entries',
      `segment ${sequence} is corrupt from ${range.from} to ${range.to}`,
      range,
    );
  if (found.torn !== undefined)
    yield problem(sequence, 'torn end', `the end of segment ${sequence} was being written at a crash`, found.torn);
  const { index } = indexState(disk, folder, sequence, header);
  if (facts.index !== 'whole') {
    if (complete) yield problem(sequence, 'index missing', `the index of segment ${sequence} is ${facts.index}`);
  } else if (index !== undefined && !agrees(index, found, touched))
    yield problem(sequence, 'index differs', `the index of segment ${sequence} differs from what it holds`);
}

/** Reads every byte of a WAL folder and says what is wrong with it. Nothing is changed. Throws WalFormatError for a newer format. */
export function verifyWal(disk: Disk, folder: string, processes: Processes): WalProblem[] {
  const { segments } = inspectWal(disk, folder, processes);
  const data = segments.filter((one) => one.kind !== 'spare');
  return data.flatMap((one, i) => [...problemsOf(disk, folder, one, i < data.length - 1 || one.index === 'whole')]);
}

/** Writes the index of a segment anew from what the segment holds; the log's state in it is kept. */
async function rebuildIndex(disk: Disk, folder: string, sequence: number, header: SegmentHeader): Promise<void> {
  const old = SegmentIndex.read(disk, folder, sequence);
  const state = old?.state();
  if (old === undefined || state === undefined) return; // Opening the WAL makes it, with the state as well.
  const { scan: found, touched } = scan(disk, folder, sequence, header, true);
  const parts = touched.flatMap(({ topicId, partition, parts: [part] }) =>
    part?.index === undefined
      ? []
      : [{ topicId, partition, bytes: part.bytes, maxTimestamp: part.maxTimestamp, index: part.index }],
  );
  const { sealedAt } = old.directory;
  const { end, entries } = found;
  await writeIndex(disk, folder, { sequence, salt: header.salt, sealedAt, end, entries }, parts, state);
}

/**
 * Brings a WAL folder that no process has open into order: what recovery does at a start, and indexes that differ from their segments
 * are made anew. What is cut off or corrupt is kept in `quarantine/`. Rejects with DirectoryInUse, WalFormatError or the disk's error.
 */
export async function repairWal(options: WalOptions): Promise<RecoveryReport> {
  const { disk, folder, processes } = options;
  const lock = lockDirectory(disk, folder, processes);
  try {
    for (const { sequence, kind } of verifyWal(disk, folder, processes)) {
      const { header } = look(disk, folder, sequence);
      const differs = kind === 'index differs' || kind === 'corrupt entries';
      if (differs && header !== undefined) await rebuildIndex(disk, folder, sequence, header);
    }
  } finally {
    lock.release();
  }
  const wal = await Wal.open(options);
  await wal.close();
  return wal.report;
}
