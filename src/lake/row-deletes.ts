import type { DataFile } from './data-file.ts';

/** Field ids of the columns of a position delete file (spec: "Position Delete Files"). */
export const DELETE_FIELD_ID = { path: 2_147_483_546, position: 2_147_483_545 } as const;

/** A file in which another engine says that rows of data files are deleted (spec: "Row-level Deletes"). */
export interface DeleteFile extends DataFile {
  /** By their place in a file, or by the values of some columns. */
  readonly kind: 'position' | 'equality';
  readonly sequence: number;
  /** Field ids of those columns. */
  readonly equalityIds: readonly number[];
  /** The only data file that it is about, where it says so. */
  readonly referencedFile: string | undefined;
  /** Equality deletes of a spec without partitions are for the files of every partition. */
  readonly isGlobal: boolean;
  /** `PARQUET`, and what is not read here. */
  readonly format: string;
}

/** Why a delete file cannot be applied; undefined where it can. */
export function unsupportedDelete({ format, path }: DeleteFile): string | undefined {
  if (format.toUpperCase() === 'PARQUET') return undefined;
  const what =
    format.toUpperCase() === 'PUFFIN' ? 'deletion vectors, which are of format version 3' : `a file of ${format}`;
  return `rows are deleted by ${what}: ${path}`;
}

/** Files with the same text are of the same partition of the table. */
export function partitionScope({ specId, partition }: DataFile): string {
  return JSON.stringify([specId, partition], (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? [...value] : value,
  );
}

/** Finds which delete files apply to a data file, by the rules of the spec ("Scan Planning"). */
export class DeleteIndex {
  readonly #byScope = new Map<string, DeleteFile[]>();
  readonly #everywhere: DeleteFile[] = [];

  constructor(deletes: readonly DeleteFile[]) {
    for (const file of deletes) {
      const scope = partitionScope(file);
      if (file.kind === 'equality' && file.isGlobal) this.#everywhere.push(file);
      else if (this.#byScope.get(scope)?.push(file) === undefined) this.#byScope.set(scope, [file]);
    }
  }

  /** No rows are deleted at all. */
  get isEmpty(): boolean {
    return this.#byScope.size === 0 && this.#everywhere.length === 0;
  }

  /** The delete files that apply to a file of the table. */
  of(file: DataFile): DeleteFile[] {
    if (this.isEmpty) return [];
    const near = this.#byScope.get(partitionScope(file)) ?? [];
    return [...near, ...this.#everywhere].filter((one) => applies(one, file));
  }
}

function applies(deletes: DeleteFile, { path, sequence = 0 }: DataFile): boolean {
  // What was written with a delete by values, or after it, is not meant by it; places may be of a file of the same commit.
  if (deletes.kind === 'equality') return sequence < deletes.sequence;
  if (sequence > deletes.sequence) return false;
  if (deletes.referencedFile !== undefined) return deletes.referencedFile === path;
  const [lower, upper] = [deletes.lowerBounds, deletes.upperBounds].map((bounds) => bounds.get(DELETE_FIELD_ID.path));
  const bytes = Buffer.from(path);
  return (
    (lower === undefined || Buffer.compare(lower, bytes) <= 0) &&
    (upper === undefined || Buffer.compare(bytes, upper) <= 0)
  );
}
