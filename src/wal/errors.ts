/** Data written by a newer program: this one must not touch it. */
export class WalFormatError extends Error {
  override readonly name = 'WalFormatError';

  constructor(what: string) {
    super(`the write-ahead log holds ${what}, which is newer than this program reads; start the newer program`);
  }
}

/** Another process has the folder open. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/** The WAL takes no more appends: for good after a failed write or sync, or for now when the disk is full. */
export class WalUnavailable extends Error {
  override readonly name = 'WalUnavailable';
}
