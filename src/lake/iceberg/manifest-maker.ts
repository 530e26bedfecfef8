import type { PartitionSpec } from '../schema.ts';
import type { Warehouse } from '../warehouse.ts';
import { type FileWriter, metadataFolder } from './files.ts';
import { DATA, encodeManifest, type Entry, type ManifestFile, manifestRow } from './manifest.ts';
import type { SnapshotId, TableMetadata } from './metadata.ts';

/** What making a snapshot needs. */
export interface Making {
  readonly warehouse: Warehouse;
  readonly writer: FileWriter;
  readonly metadata: TableMetadata;
  /** The same for every attempt of one commit, so that its outcome can be looked up. */
  readonly snapshotId: SnapshotId;
  readonly now: number;
  readonly uuid: string;
}

/** Makes manifests of one new snapshot. */
export class ManifestMaker {
  readonly #making: Making;
  readonly #sequence: number;
  #count = 0;

  constructor(making: Making) {
    this.#making = making;
    this.#sequence = making.metadata['last-sequence-number'] + 1;
  }

  async write(spec: PartitionSpec, entries: readonly Entry[], content: number = DATA): Promise<ManifestFile> {
    const { metadata, writer, uuid, snapshotId } = this.#making;
    const bytes = await encodeManifest(metadata, spec, entries, writer.sync(), content);
    const written = await writer.write(`${metadataFolder(metadata)}/${uuid}-m${this.#count++}.avro`, bytes);
    return manifestRow(metadata, spec, entries, written, { snapshot: snapshotId, sequence: this.#sequence }, content);
  }
}
