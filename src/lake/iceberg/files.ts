import type { Random } from '../../base/random.ts';
import type { CommitMeter } from '../meters.ts';
import type { Warehouse } from '../warehouse.ts';
import { decodeManifest, decodeManifestList, type Entry, type ManifestFile } from './manifest.ts';
import { InvalidMetadata, parseMetadata, type Snapshot, type TableMetadata } from './metadata.ts';

/** A random (version 4) UUID in its usual text form. */
export function uuidText(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The key of a file in the warehouse's store. Throws InvalidMetadata for a file that lies elsewhere. */
export function keyIn(warehouse: Warehouse, uri: string): string {
  const key = warehouse.keyOf(uri);
  if (key === undefined) throw new InvalidMetadata(`${uri} does not lie in the warehouse`);
  return key;
}

export async function readMetadata(warehouse: Warehouse, uri: string): Promise<TableMetadata> {
  return parseMetadata(await warehouse.store.get(keyIn(warehouse, uri)));
}

export async function readManifestList(warehouse: Warehouse, snapshot: Snapshot): Promise<ManifestFile[]> {
  return decodeManifestList(await warehouse.store.get(keyIn(warehouse, snapshot['manifest-list'])));
}

export async function readManifest(warehouse: Warehouse, manifest: ManifestFile): Promise<Entry[]> {
  return decodeManifest(await warehouse.store.get(keyIn(warehouse, manifest.manifest_path)), manifest);
}

/** Where metadata files of a table go. */
export function metadataFolder(metadata: TableMetadata): string {
  return metadata.properties['write.metadata.path'] ?? `${metadata.location}/metadata`;
}

/** Writes new files of a table and remembers them, so that those of a failed attempt can be removed. */
export class FileWriter {
  readonly #warehouse: Warehouse;
  readonly #random: Random;
  readonly keys: string[] = [];

  constructor(warehouse: Warehouse, random: Random) {
    this.#warehouse = warehouse;
    this.#random = random;
  }

  /** 16 random bytes for an Avro file. */
  sync(): Uint8Array {
    return this.#random.bytes(16);
  }

  /** Never over a file that is there: names are random, and a store that has one already must not lose it. */
  async write(uri: string, bytes: Uint8Array): Promise<{ path: string; length: number }> {
    const key = keyIn(this.#warehouse, uri);
    this.keys.push(key);
    await this.#warehouse.store.put(key, bytes, { ifAbsent: true });
    return { path: uri, length: bytes.byteLength };
  }

  /** Best effort: what stays is counted, and found by the removal of orphans. The error that led here is the one to tell. */
  async discard(meter: CommitMeter | undefined): Promise<void> {
    await this.#warehouse.store.delete(this.keys).catch(() => meter?.left(this.keys.length));
  }
}
