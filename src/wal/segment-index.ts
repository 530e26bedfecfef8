import { type Disk, type DiskFile, replaceFile } from '../base/disk.ts';
import type { BatchIndex } from './batch-index.ts';
import { indexPath } from './files.ts';
import {
  columnsLength,
  decodeColumns,
  decodeDirectory,
  decodeState,
  directoryBytes,
  encodeIndex,
  INDEX_HEADER_BYTES,
  type IndexDirectory,
  type IndexedPartition,
  type PartitionBatches,
} from './index-format.ts';

function readAt(file: DiskFile, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const count = file.readSync(bytes, position);
  return count === length ? bytes : bytes.subarray(0, count);
}

/** The index of one sealed WAL segment, read from its `.idx` file: the directory at once, columns and state when asked for. */
export class SegmentIndex {
  readonly directory: IndexDirectory;
  readonly #disk: Disk;
  readonly #path: string;

  private constructor(disk: Disk, path: string, directory: IndexDirectory) {
    this.#disk = disk;
    this.#path = path;
    this.directory = directory;
  }

  /** Undefined when the file is missing or not whole: the segment must then be scanned. Throws WalFormatError for a newer format. */
  static read(disk: Disk, folder: string, sequence: number): SegmentIndex | undefined {
    const path = indexPath(folder, sequence);
    if (!disk.exists(path)) return undefined;
    const file = disk.open(path, 'read');
    try {
      const needed = directoryBytes(readAt(file, 0, INDEX_HEADER_BYTES));
      if (needed === undefined || needed > file.sizeSync()) return undefined;
      const directory = decodeDirectory(readAt(file, 0, needed));
      if (directory === undefined || directory.sequence !== sequence) return undefined;
      return new SegmentIndex(disk, path, directory);
    } finally {
      file.close();
    }
  }

  /** The batches of one partition of the directory; undefined when that part of the file is damaged. */
  columns(of: IndexedPartition): BatchIndex | undefined {
    return decodeColumns(of, this.#range(of.columnsAt, columnsLength(of)));
  }

  /** The state of the log at the end of the segment; undefined when that part of the file is damaged. */
  state(): Uint8Array | undefined {
    return decodeState(this.#range(this.directory.stateAt, this.directory.stateBytes + 4));
  }

  #range(position: number, length: number): Uint8Array {
    const file = this.#disk.open(this.#path, 'read');
    try {
      return readAt(file, position, length);
    } finally {
      file.close();
    }
  }
}

/** Writes an index beside its segment, atomically and durably. */
export function writeIndex(
  disk: Disk,
  folder: string,
  of: Pick<IndexDirectory, 'sequence' | 'salt' | 'sealedAt' | 'end' | 'entries'>,
  partitions: readonly PartitionBatches[],
  state: Uint8Array,
): Promise<void> {
  return replaceFile(disk, indexPath(folder, of.sequence), encodeIndex(of, partitions, state));
}
