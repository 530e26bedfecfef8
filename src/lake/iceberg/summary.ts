import { DELETED, type Entry, POSITION_DELETES } from './manifest.ts';
import type { Snapshot } from './metadata.ts';

interface Counted {
  readonly files: number;
  readonly records: number;
  readonly bytes: number;
}

function count(entries: readonly Entry[]): Counted {
  let [records, bytes] = [0, 0];
  for (const { data_file: file } of entries) {
    records += file.record_count;
    bytes += file.file_size_in_bytes;
  }
  return { files: entries.length, records, bytes };
}

/** `replace` where the rows stay the same (compaction, with the rows that others had deleted), as far as their number tells. */
function operationOf(added: Counted, removed: Counted, dropped: Counted, appliedRows: number): string {
  if (removed.files === 0) return dropped.files > 0 ? 'replace' : 'append';
  if (added.records + appliedRows === removed.records) return 'replace';
  return added.files === 0 ? 'delete' : 'overwrite';
}

/** A total that goes on from the parent's; unknown for ever where the parent's writer did not say. */
function total(parent: Snapshot | undefined, key: string, difference: number): Record<string, string> {
  const before = parent === undefined ? '0' : parent.summary?.[key];
  return before === undefined || !/^\d+$/.test(before) ? {} : { [key]: String(Number(before) + difference) };
}

/** What came and went with a snapshot. */
export interface SnapshotCounts {
  readonly added: readonly Entry[];
  readonly removed: readonly Entry[];
  /** Delete files that went. */
  readonly dropped: readonly Entry[];
  /** Rows of files that went which others had deleted. */
  readonly appliedRows: number;
}

/** The summary of a snapshot (spec: "Optional Snapshot Summary Fields"). Counters of zero are left out, totals are not. */
export function summaryOf(
  parent: Snapshot | undefined,
  { added, removed, dropped, appliedRows }: SnapshotCounts,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [plus, minus] = [count(added), count(removed)];
  const isPosition = ({ data_file: file }: Entry): boolean => file.content === POSITION_DELETES;
  const [positions, equalities] = [
    count(dropped.filter(isPosition)),
    count(dropped.filter((entry) => !isPosition(entry))),
  ];
  const deletes = count(dropped);
  const partitions = new Set(
    [...added, ...removed].map((entry) =>
      JSON.stringify(Object.values(entry.data_file.partition), (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ),
  );
  const counters = {
    'added-data-files': plus.files,
    'added-records': plus.records,
    'added-files-size': plus.bytes,
    'deleted-data-files': minus.files,
    'deleted-records': minus.records,
    'removed-delete-files': deletes.files,
    'removed-position-delete-files': positions.files,
    'removed-position-deletes': positions.records,
    'removed-equality-delete-files': equalities.files,
    'removed-equality-deletes': equalities.records,
    'removed-files-size': minus.bytes + deletes.bytes,
    'changed-partition-count': partitions.size,
  };
  const said = Object.entries(counters).filter(([, value]) => value > 0);
  return {
    ...more,
    operation: operationOf(plus, minus, deletes, appliedRows),
    ...Object.fromEntries(said.map(([key, value]) => [key, String(value)])),
    ...total(parent, 'total-records', plus.records - minus.records),
    ...total(parent, 'total-files-size', plus.bytes - minus.bytes - deletes.bytes),
    ...total(parent, 'total-data-files', plus.files - minus.files),
    ...total(parent, 'total-delete-files', -deletes.files),
    ...total(parent, 'total-position-deletes', -positions.records),
    ...total(parent, 'total-equality-deletes', -equalities.records),
  };
}

/** The same file as an entry that says it is gone, by this snapshot. */
export function removedBy(entry: Entry, snapshot: Entry['snapshot_id']): Entry {
  return { ...entry, status: DELETED, snapshot_id: snapshot };
}
