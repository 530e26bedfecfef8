import { DeleteIndex } from '../row-deletes.ts';
import type { TableChange } from '../table.ts';
import { FilesGone } from './commit.ts';
import { readManifest } from './files.ts';
import {
  DATA,
  dataFileOf,
  DELETED,
  deleteFileOf,
  DELETES,
  type Entry,
  EXISTING,
  type ManifestFile,
} from './manifest.ts';
import type { Making, ManifestMaker } from './manifest-maker.ts';
import { specOf } from './metadata.ts';
import { removedBy } from './summary.ts';

interface DeleteManifest {
  readonly manifest: ManifestFile;
  /** Those that are part of the table. */
  readonly entries: readonly Entry[];
}

/**
 * Takes the delete files that apply to no data file any more out of a snapshot in which data files go; `dropped` are their entries. Throws FilesGone
 * where one that was not applied is about a file that is written anew: somebody deleted rows of it meanwhile.
 */
export async function settleDeletes(
  making: Making,
  maker: ManifestMaker,
  manifests: readonly ManifestFile[],
  change: TableChange,
): Promise<{ manifests: readonly ManifestFile[]; dropped: readonly Entry[] }> {
  if ((change.remove?.length ?? 0) === 0 && change.applied === undefined) return { manifests, dropped: [] };
  const held = await Promise.all(
    manifests
      .filter(({ content }) => content === DELETES)
      .map(async (manifest): Promise<DeleteManifest> => ({ manifest, entries: await liveEntries(making, manifest) })),
  );
  if (held.length === 0) return { manifests, dropped: [] };
  const needed = await neededDeletes(making, held, manifests, change);
  const dropped: Entry[] = [];
  const kept = new Map<ManifestFile, ManifestFile>();
  for (const { manifest, entries } of held) {
    const useless = new Set(entries.filter(({ data_file: file }) => !needed.has(file.file_path)));
    if (useless.size === 0) continue;
    dropped.push(...useless);
    const spec = specOf(making.metadata, manifest.partition_spec_id);
    const next = entries.map((entry) =>
      useless.has(entry) ? removedBy(entry, making.snapshotId) : { ...entry, status: EXISTING },
    );
    kept.set(manifest, await maker.write(spec, next, DELETES));
  }
  return { manifests: manifests.map((manifest) => kept.get(manifest) ?? manifest), dropped };
}

async function liveEntries({ warehouse }: Making, manifest: ManifestFile): Promise<Entry[]> {
  return (await readManifest(warehouse, manifest)).filter(({ status }) => status !== DELETED);
}

/** Paths of the delete files that apply to a data file of the snapshot. */
async function neededDeletes(
  making: Making,
  held: readonly DeleteManifest[],
  manifests: readonly ManifestFile[],
  { add, remove, applied }: TableChange,
): Promise<Set<string>> {
  const { metadata, warehouse, snapshotId } = making;
  const index = new DeleteIndex(
    held.flatMap(({ manifest, entries }) =>
      entries.map((entry) => deleteFileOf(entry, specOf(metadata, manifest.partition_spec_id))),
    ),
  );
  const isRewritten = (add?.length ?? 0) > 0;
  const gone = new Set(remove);
  const needed = new Set<string>();
  for (const manifest of manifests) {
    if (manifest.content !== DATA) continue;
    const spec = specOf(metadata, manifest.partition_spec_id);
    for (const entry of await readManifest(warehouse, manifest)) {
      const isGone = entry.status === DELETED;
      if (isGone && (entry.snapshot_id !== snapshotId || !gone.has(entry.data_file.file_path))) continue;
      for (const { path } of index.of(dataFileOf(entry, spec))) {
        if (!isGone) needed.add(path);
        else if (isRewritten && applied?.deletes.has(path) !== true)
          throw new FilesGone(`rows of ${entry.data_file.file_path} were deleted meanwhile`);
      }
    }
  }
  return needed;
}
