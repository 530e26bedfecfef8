import type { DiskFile } from '../base/disk.ts';
import { ENTRY_HEADER_BYTES, HEADER_BYTES, type SegmentHeader } from './format.ts';
import { type CorruptRange, SegmentReader, type WalEntry } from './segment-reader.ts';

/** What a walk over one segment found. */
export interface SegmentScan {
  /** Position after the last entry that counts. */
  readonly end: number;
  readonly entries: number;
  /** Bytes that were durable for sure, by what the entries say. */
  readonly synced: number;
  /** The entry that seals the segment is there, at `end`. */
  readonly sealed: boolean;
  readonly corrupt: readonly CorruptRange[];
  /** Bytes after `end` that were being written when the process or the machine stopped. */
  readonly torn: CorruptRange | undefined;
}

/** Highest `synced` of the entries from `from` on, and where the last of them ends. */
function lookAhead(reader: SegmentReader, from: number): { synced: number; end: number } {
  let synced = 0;
  let end = 0;
  for (let at: number | undefined = from; at !== undefined; at = reader.resync(reader.position)) {
    reader.seek(at);
    let step = reader.next();
    for (; step.kind === 'entry'; step = reader.next()) {
      synced = Math.max(synced, step.entry.synced);
      end = step.entry.position + step.entry.length;
    }
    if (step.kind === 'seal') {
      synced = Math.max(synced, step.synced);
      end = step.position + ENTRY_HEADER_BYTES;
    }
  }
  return { synced, end };
}

/** Position after the last byte that is not zero, or `from`. */
function lastByte(file: DiskFile, from: number): number {
  const window = Buffer.alloc(Math.min(256 * 1024, Math.max(0, file.sizeSync() - from)));
  const zeroes = Buffer.alloc(window.length);
  for (let end = file.sizeSync(); end > from; ) {
    const start = Math.max(from, end - window.length);
    const part = window.subarray(0, file.readSync(window.subarray(0, end - start), start));
    if (!part.equals(zeroes.subarray(0, part.length)))
      for (let i = part.length - 1; i >= 0; i--) if (part[i] !== 0) return start + i + 1;
    end = start;
  }
  return from;
}

/**
 * Walks a segment from its first entry. `complete`: a later segment holds data, so all of this one was synced, and whatever is not whole is
 * corrupt. Else it is the last one: an entry that is not whole is corrupt only below what a later entry says was durable; at or above
 * that it is the torn end of the log. Calls `onEntry` for each entry that counts, in order. Throws WalFormatError.
 */
export function scanSegment(
  file: DiskFile,
  header: SegmentHeader,
  complete: boolean,
  onEntry: (entry: WalEntry) => void,
): SegmentScan {
  const reader = new SegmentReader(file, header.salt);
  const corrupt: CorruptRange[] = [];
  let entries = 0;
  let synced = HEADER_BYTES;
  let ahead: { synced: number; end: number } | undefined;
  for (;;) {
    const step = reader.next();
    if (step.kind === 'entry') {
      entries += 1;
      synced = Math.max(synced, step.entry.synced);
      onEntry(step.entry);
      continue;
    }
    const end = step.position;
    if (step.kind === 'seal') {
      synced = Math.max(synced, step.synced);
      return { end, entries, synced, sealed: true, corrupt, torn: undefined };
    }
    const next = step.kind === 'bad' ? reader.resync(end) : undefined;
    if (next !== undefined) ahead ??= lookAhead(reader, next);
    if (next !== undefined && (complete || (ahead !== undefined && ahead.synced > end))) {
      corrupt.push({ sequence: header.sequence, from: end, to: next });
      reader.seek(next);
      continue;
    }
    const to = step.kind === 'bad' ? badEnd(file, header, step, ahead?.end ?? 0) : end;
    const rest = { sequence: header.sequence, from: end, to };
    // A segment that was finished ends with its seal: without one, its end is missing.
    if (complete) corrupt.push(rest);
    return { end, entries, synced, sealed: false, corrupt, torn: !complete && to > end ? rest : undefined };
  }
}

/** Where the remains of writes after a bad place end, as far as they can be told from what the file held before. */
function badEnd(
  file: DiskFile,
  header: SegmentHeader,
  bad: { readonly position: number; readonly length: number | undefined },
  lastEntryEnd: number,
): number {
  const ownEnd = bad.length === undefined ? 0 : Math.min(bad.position + bad.length, file.sizeSync());
  const bytesEnd = header.recycled ? 0 : lastByte(file, bad.position);
  return Math.max(bad.position, lastEntryEnd, ownEnd, bytesEnd);
}

/** Whether a segment holds any entry at all. */
export function holdsEntries(file: DiskFile, header: SegmentHeader): boolean {
  if (file.sizeSync() < HEADER_BYTES + ENTRY_HEADER_BYTES) return false;
  const reader = new SegmentReader(file, header.salt);
  const step = reader.next();
  return step.kind === 'entry' || step.kind === 'seal' || reader.resync(step.position) !== undefined;
}
