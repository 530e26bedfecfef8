/** A transaction was rolled back: a key is taken, or a statement changed another number of rows than it had to. */
export class SqlConflict extends Error {
  override readonly name = 'SqlConflict';
}

/** The store cannot answer: I/O error, disk full, closed, or its thread is gone. `cause` says more where it is known. */
export class SqlUnavailable extends Error {
  override readonly name = 'SqlUnavailable';
}

/** The store cannot be opened by this version: newer schema, or a file of another program. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused';
}

/** A statement that the engine does not accept: a bug in this program. */
export class SqlInvalid extends Error {
  override readonly name = 'SqlInvalid';
}

/** Error names that cross the thread boundary. */
export type SqlFailureKind = 'SqlConflict' | 'SqlUnavailable' | 'SchemaRefused' | 'SqlInvalid';

/** An error as plain data, because structured clone keeps neither class nor fields. */
export interface SqlFailure {
  readonly kind: SqlFailureKind;
  readonly message: string;
}

const CLASSES = { SqlConflict, SqlUnavailable, SchemaRefused, SqlInvalid } as const;

export function errorFrom(failure: SqlFailure): Error {
  return new CLASSES[failure.kind](failure.message);
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that are not bugs of ours. */
const CONSTRAINT = 19;
const UNAVAILABLE = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26]); // BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT FULL CANTOPEN PROTOCOL NOTADB
const IO_ERROR = 10;

/** SQLite's primary result code of an error of `node:sqlite`, or undefined for other errors. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** True for an I/O error: what the failed sync left on the disk is unknown, so nothing may be committed after it. */
export function isIoError(error: unknown): boolean {
  return resultCode(error) === IO_ERROR;
}

/** Sorts any error thrown by SQLite or by our own checks into a kind. */
export function failureOf(error: unknown): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name in CLASSES) return { kind: error.name as SqlFailureKind, message };
  const code = resultCode(error);
  if (code === CONSTRAINT) return { kind: 'SqlConflict', message };
  if (code !== undefined && UNAVAILABLE.has(code)) return { kind: 'SqlUnavailable', message };
  return { kind: 'SqlInvalid', message };
}
