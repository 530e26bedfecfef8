import type { AnyGroup, GroupError, Step, Waiter } from './types.ts';

/** Thrown within a step to refuse a request. The step's entry turns it into a reply, and nothing of the step happens. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly error: GroupError;

  constructor(error: GroupError, message: string) {
    super(message);
    this.error = error;
  }
}

/** The step; when it is refused, one that says so by `failed` and changes nothing. */
export function orRefusal(
  group: AnyGroup | undefined,
  waiter: Waiter,
  failed: (error: GroupError, message: string) => object,
  step: () => Step,
): Step {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const reply = failed(error.error, error.message);
    return { group, replies: [{ to: waiter, reply }], records: [], timers: [], rebalanced: false };
  }
}
