/** A broken invariant: a bug in this program, never bad input and never a fault of the world. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/** Throws `AssertionFailed` unless `condition` holds. Kept on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** For the `default` of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable value ${String(value)}`);
}

/** `value` without undefined; throws when it is missing. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionFailed(`missing ${what}`);
  return value;
}
