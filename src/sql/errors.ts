/** A query that is refused, or that ran into one of its bounds. `message` is a sentence for people. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}
