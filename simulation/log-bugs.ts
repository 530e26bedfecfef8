import type { Disk, DiskFile } from '../src/base/disk.ts';
import type { Random } from '../src/base/random.ts';
import type { PartitionLog } from '../src/log/types.ts';
import type { LogWorld } from './log-world.ts';

/** A bug planted at a seam between the log and the rest; the log itself has no switch for it. */
export interface LogBug {
  /** What goes wrong, in a sentence. */
  readonly what: string;
  /** In place of the disk's sync. */
  readonly sync?: (real: (path: string) => Promise<void>, path: string, world: LogWorld) => Promise<void>;
  readonly disk?: (disk: Disk, world: LogWorld) => Disk;
  readonly random?: (random: Random) => Random;
  readonly partition?: (partition: PartitionLog, world: LogWorld) => PartitionLog;
  /** False: a raised log start is not written down. */
  readonly saveLogStart?: boolean;
  readonly drainEarly?: boolean;
  readonly packLess?: boolean;
}

/** A disk whose files are changed by `change`. */
function withFiles(disk: Disk, change: (file: DiskFile, path: string) => Partial<DiskFile>): Disk {
  return overlay(disk, {
    open(path, mode) {
      const file = disk.open(path, mode);
      return overlay(file, change(file, path));
    },
  });
}

/** `real` with some methods replaced. */
function overlay<T extends object>(real: T, changed: Partial<T>): T {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(name in changed ? changed : target, name);
      return typeof value === 'function'
        ? (value as (...args: unknown[]) => unknown).bind(name in changed ? changed : target)
        : value;
    },
  });
}

const DURABLE = Promise.resolve();

const isSegment = (path: string): boolean => path.endsWith('.wal');

export const NO_BUG: LogBug = { what: 'none' };

/** The planted bugs by name; docs/simulation.md says which seed finds which. */
export const LOG_BUGS: Readonly<Record<string, LogBug>> = {
  'sync-does-nothing': {
    what: 'fdatasync of a segment returns without having made anything durable',
    disk: (disk) => withFiles(disk, (_file, path) => (isSegment(path) ? { datasync: () => DURABLE } : {})),
  },
  'sync-error-swallowed': {
    what: 'a failed fdatasync is taken for a good one',
    disk: (disk) => withFiles(disk, (file) => ({ datasync: () => file.datasync().catch(() => {}) })),
  },
  'sync-retried': {
    what: 'a failed fdatasync is tried once more, and the second one succeeds',
    disk: (disk) => withFiles(disk, (file) => ({ datasync: () => file.datasync().catch(() => file.datasync()) })),
  },
  'folder-not-synced': {
    what: 'names of new segments are not made durable',
    disk: (disk) => overlay(disk, { syncDirectory: () => DURABLE }),
  },
  'equal-writes-skipped': {
    what: 'writes that change nothing are saved, also those of recovery after a failed sync',
    disk: (disk) =>
      withFiles(disk, (file) => ({
        writeSync(buffers, position) {
          const bytes = Buffer.concat(buffers);
          const old = new Uint8Array(bytes.length);
          if (file.readSync(old, position) < bytes.length || !bytes.equals(old)) file.writeSync([bytes], position);
        },
      })),
  },
  'short-write': {
    what: 'now and then the last byte of a write is missing, without an error',
    disk: (disk, world) =>
      withFiles(disk, (file, path) => ({
        writeSync(buffers, position) {
          const bytes = Buffer.concat(buffers);
          file.writeSync([isSegment(path) && world.chance(0.05) ? bytes.subarray(0, -1) : bytes], position);
        },
      })),
  },
  'same-salt': {
    what: 'every segment has the same salt, so that entries of an earlier life of a file pass for new ones',
    random: (random) => ({ ...random, bytes: (length) => new Uint8Array(length).fill(42) }),
  },
  'shown-before-durable': {
    what: 'the high watermark rises with the append, not with the sync',
    partition: (partition) =>
      overlay(partition, {
        append(records) {
          const appended = partition.append(records);
          const { sources } = partition as unknown as {
            sources: { walPartition: { onDurable?: (end: number) => void } };
          };
          if (partition.highWatermark === appended.baseOffset)
            sources.walPartition.onDurable?.(appended.lastOffset + 1);
          return appended;
        },
      }),
  },
  'acknowledged-before-durable': {
    what: 'a produce is answered as soon as it is queued',
    partition: (partition) =>
      overlay(partition, { append: (records) => ({ ...partition.append(records), durable: DURABLE }) }),
  },
  'duplicate-acknowledged-early': {
    what: 'a retry of something that is not durable yet is answered at once',
    partition: (partition) =>
      overlay(partition, {
        append(records) {
          const appended = partition.append(records);
          return appended.duplicate ? { ...appended, durable: DURABLE } : appended;
        },
      }),
  },
  'buffer-reused': {
    what: 'the receive buffer is used again while its batch waits to be written',
    partition: (partition, world) =>
      overlay(partition, {
        append(records) {
          const appended = partition.append(records);
          if (world.chance(0.03)) records.fill(0, 70);
          return appended;
        },
      }),
  },
  'producers-forgotten': {
    what: 'indexes are gone after a restart, and with them what producers had sent in segments that are gone too',
    disk: (disk, world) => {
      if (world.restarts > 0)
        for (const { name } of disk.list('/wal')) if (name.endsWith('.idx')) disk.remove(`/wal/${name}`);
      return disk;
    },
  },
  'log-start-not-saved': {
    what: 'a raised log start is not written down',
    saveLogStart: false,
  },
  'drained-early': {
    what: 'a WAL segment goes before its packs are registered',
    drainEarly: true,
  },
  'pack-without-end': {
    what: 'packs lack the last batch that a segment has of a partition',
    packLess: true,
  },
  'read-off-by-one': {
    what: 'a read starts behind the batch that holds the offset',
    partition: (partition, world) =>
      overlay(partition, {
        read: (offset, maxBytes, isolation, atLeastOne, lease) =>
          partition.read(
            world.chance(0.1) ? Math.min(offset + 1, partition.highWatermark) : offset,
            maxBytes,
            isolation,
            atLeastOne,
            lease,
          ),
      }),
  },
};
