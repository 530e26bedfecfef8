import type { GroupError } from './types.ts';

/** Thrown within a step to refuse a request. The step's entry turns it into a reply, and nothing of the step happens. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly error: GroupError;

  constructor(error: GroupError, message: string) {
    super(message);
    this.error = error;
  }
}
