import type { TableChange } from '../table.ts';
import { FilesGone } from './commit.ts';
import { metadataFolder, readManifest, readManifestList } from './files.ts';
import { logOffsetsOf, movedOffsets, OFFSETS_KEY, offsetsText } from './log-offsets.ts';
import {
  ADDED,
  DATA,
  DELETED,
  EXISTING,
  encodeManifestList,
  type Entry,
  type ManifestFile,
  rowOf,
} from './manifest.ts';
import { type Making, ManifestMaker } from './manifest-maker.ts';
import { snapshotOf, specOf, type TableMetadata } from './metadata.ts';
import { settleDeletes } from './settle-deletes.ts';
import { removedBy, summaryOf } from './summary.ts';
import type { TableUpdate } from './updates.ts';

/** Rewrites the manifests that hold files which go. Throws FilesGone when one of the files is not there. */
async function withoutRemoved(
  making: Making,
  maker: ManifestMaker,
  manifests: readonly ManifestFile[],
  paths: readonly string[],
): Promise<{ manifests: ManifestFile[]; removed: Entry[] }> {
  const wanted = new Set(paths);
  const removed: Entry[] = [];
  const kept: ManifestFile[] = [];
  for (const manifest of manifests) {
    if (manifest.content !== DATA || wanted.size === 0) {
      kept.push(manifest);
      continue;
    }
    const live = (await readManifest(making.warehouse, manifest)).filter((entry) => entry.status !== DELETED);
    const gone = live.filter((entry) => wanted.delete(entry.data_file.file_path));
    if (gone.length === 0) {
      kept.push(manifest);
      continue;
    }
    removed.push(...gone);
    const dropped = new Set(gone);
    const entries = live.map((entry) =>
      dropped.has(entry) ? removedBy(entry, making.snapshotId) : { ...entry, status: EXISTING },
    );
    kept.push(await maker.write(specOf(making.metadata, manifest.partition_spec_id), entries));
  }
  const [missing] = wanted;
  if (missing !== undefined) throw new FilesGone(`${missing} is no longer part of the table`);
  return { manifests: kept, removed };
}

/** Merges small manifests into one per partition spec where there are many: a reader opens every one of them. */
async function merged(
  making: Making,
  maker: ManifestMaker,
  manifests: readonly ManifestFile[],
): Promise<ManifestFile[]> {
  const { properties } = making.metadata;
  if (properties['commit.manifest-merge.enabled'] === 'false') return [...manifests];
  const least = Number(properties['commit.manifest.min-count-to-merge'] ?? 100);
  const target = Number(properties['commit.manifest.target-size-bytes'] ?? 8 * 1024 * 1024);
  // What this snapshot wrote stays as it is: it says which files came and went.
  const isSmall = (manifest: ManifestFile): boolean =>
    manifest.content === DATA &&
    manifest.manifest_length < target / 2 &&
    manifest.added_snapshot_id !== making.snapshotId;
  const result = manifests.filter((manifest) => !isSmall(manifest));
  for (const [specId, group] of Map.groupBy(manifests.filter(isSmall), (manifest) => manifest.partition_spec_id)) {
    if (group.length < least) {
      result.push(...group);
      continue;
    }
    let [entries, bytes]: [Entry[], number] = [[], 0];
    const flush = async (): Promise<void> => {
      if (entries.length > 0) result.push(await maker.write(specOf(making.metadata, specId), entries));
      [entries, bytes] = [[], 0];
    };
    for (const manifest of group) {
      if (bytes > 0 && bytes + manifest.manifest_length > target) await flush();
      const live = (await readManifest(making.warehouse, manifest)).filter((entry) => entry.status !== DELETED);
      entries.push(...live.map((entry) => ({ ...entry, status: EXISTING })));
      bytes += manifest.manifest_length;
    }
    await flush();
  }
  return result;
}

function addedEntries(making: Making, change: TableChange): Map<number, Entry[]> {
  const entries = (change.add ?? []).map((file) => ({
    specId: file.specId,
    entry: {
      status: ADDED,
      snapshot_id: making.snapshotId,
      // Inherited: the sequence number is known only when the commit has won.
      sequence_number: null,
      file_sequence_number: null,
      data_file: rowOf(file, specOf(making.metadata, file.specId)),
    },
  }));
  const bySpec = new Map<number, Entry[]>();
  for (const { specId, entry } of entries) bySpec.set(specId, [...(bySpec.get(specId) ?? []), entry]);
  return bySpec;
}

/** Writes the manifests and the list of a new snapshot; gives the updates that make it current. */
async function snapshotUpdates(making: Making, change: TableChange): Promise<TableUpdate[]> {
  const { metadata, snapshotId, warehouse, writer } = making;
  const parent = snapshotOf(metadata);
  const before = parent === undefined ? [] : await readManifestList(warehouse, parent);
  const bySpec = addedEntries(making, change);
  const maker = new ManifestMaker(making);
  const added: ManifestFile[] = [];
  for (const [specId, entries] of bySpec) added.push(await maker.write(specOf(metadata, specId), entries));
  const { manifests: left, removed } = await withoutRemoved(making, maker, before, change.remove ?? []);
  const { manifests, dropped } = await settleDeletes(making, maker, [...added, ...left], change);
  // A manifest without live files says nothing any more to snapshots after the one that emptied it.
  const filled = manifests.filter(
    (manifest) =>
      manifest.added_snapshot_id === snapshotId || manifest.added_files_count + manifest.existing_files_count > 0,
  );
  const list = await merged(making, maker, filled);
  const sequence = metadata['last-sequence-number'] + 1;
  const parentId = parent?.['snapshot-id'];
  const bytes = await encodeManifestList(list, { id: snapshotId, parent: parentId, sequence }, writer.sync());
  const uri = `${metadataFolder(metadata)}/snap-${snapshotId}-0-${making.uuid}.avro`;
  const { path } = await writer.write(uri, bytes);
  const offsets = movedOffsets(logOffsetsOf(metadata), change.offsets ?? new Map());
  const text = offsetsText(offsets);
  const carried: Record<string, string> = offsets.size === 0 ? {} : { [OFFSETS_KEY]: text };
  const counted = { added: [...bySpec.values()].flat(), removed, dropped, appliedRows: change.applied?.rows ?? 0 };
  const summary = summaryOf(parent, counted, { ...change.summary, ...carried });
  const snapshot = {
    'snapshot-id': snapshotId,
    ...(parentId === undefined ? {} : { 'parent-snapshot-id': parentId }),
    'sequence-number': sequence,
    // Never before the parent, whatever the clock does.
    'timestamp-ms': Math.max(making.now, metadata['last-updated-ms']),
    'manifest-list': path,
    summary,
    'schema-id': metadata['current-schema-id'],
  };
  return [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshotId },
    ...(offsets.size === 0 ? [] : [{ action: 'set-properties', updates: carried } as const]),
  ];
}

/** The updates that a change comes to, with the files that they name written. */
export async function updatesFor(
  making: Making,
  change: TableChange,
  evolved: (updates: readonly TableUpdate[]) => TableMetadata,
): Promise<TableUpdate[]> {
  const updates: TableUpdate[] = [];
  if (change.schema !== undefined)
    updates.push({ action: 'add-schema', schema: change.schema }, { action: 'set-current-schema', 'schema-id': -1 });
  if (change.properties !== undefined) updates.push({ action: 'set-properties', updates: change.properties });
  const hasFiles = (change.add?.length ?? 0) + (change.remove?.length ?? 0) > 0 || change.applied !== undefined;
  // Offsets that move without a file (records of aborted transactions) need a snapshot too: the newest one of ours says where they are.
  if (!hasFiles && (change.offsets?.size ?? 0) === 0) return updates;
  const metadata = updates.length === 0 ? making.metadata : evolved(updates);
  return [...updates, ...(await snapshotUpdates({ ...making, metadata }, change))];
}

/** A positive snapshot id that no snapshot of the table has; below 2^53, so that every reader of JSON can hold it. */
export function newSnapshotId(metadata: TableMetadata, bytes: (length: number) => Uint8Array): number {
  for (;;) {
    const id = Number(Buffer.from(bytes(8)).readBigUInt64LE() & 0x1f_ffff_ffff_ffffn);
    if (id > 0 && !metadata.snapshots.some((snapshot) => snapshot['snapshot-id'] === id)) return id;
  }
}
