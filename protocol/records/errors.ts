/** What is wrong with a batch, by the name of Kafka's error. */
export type RecordsErrorKind =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'MESSAGE_TOO_LARGE'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT'
  | 'UNSUPPORTED_COMPRESSION_TYPE';

/** One bad record of a batch, by its index in the batch (KIP-467). */
export interface RecordFault {
  readonly index: number;
  readonly message: string;
}

/** Bytes that are not a record batch we accept. The sender's fault: answer with `kind`, never crash. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
  readonly kind: RecordsErrorKind;
  /** The single records at fault, where the fault lies in single records (KIP-467); at most a few are listed. */
  readonly faults: readonly RecordFault[];

  constructor(kind: RecordsErrorKind, message: string, faults: readonly RecordFault[] = [], options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.faults = faults;
  }
}

/** Shorthand for bytes that break the format. */
export function corrupt(message: string): RecordsError {
  return new RecordsError('CORRUPT_MESSAGE', message);
}

/** Shorthand for a well-framed batch that breaks a rule. */
export function invalid(message: string): RecordsError {
  return new RecordsError('INVALID_RECORD', message);
}
