/** A query that is refused, or that ran into one of its bounds. `message` is a sentence for people. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

const FAILURE = /^(\d{3}) ([^]*)$/;

/** A SqlError on its way to another thread, which hears only name and message. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure';

  constructor({ status, message }: SqlError) {
    super(`${status} ${message}`);
  }

  /** The error that went. */
  static read(message: string): SqlError {
    const [, status, text] = FAILURE.exec(message) ?? [];
    return text === undefined ? new SqlError(message) : new SqlError(text, Number(status));
  }
}
