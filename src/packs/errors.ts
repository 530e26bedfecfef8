/** Bytes of a pack that are not what was written: a wrong checksum, a length that cannot be. Never served, never skipped silently. */
export class PackCorrupt extends Error {
  override readonly name = 'PackCorrupt';
}

/** A pack of a format that this program does not know. */
export class PackFormatError extends Error {
  override readonly name = 'PackFormatError';

  constructor(version: number) {
    super(`pack format ${version} is newer than this program reads; start the newer program`);
  }
}
