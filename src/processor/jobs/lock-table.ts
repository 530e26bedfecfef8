/** A lock by name: any number share it, or one has it to itself. */
export interface Lock {
  readonly name: string;
  readonly mode: 'shared' | 'exclusive';
}

/** Whether two jobs that take these may not run at once. */
export function conflicting(a: readonly Lock[], b: readonly Lock[]): boolean {
  return a.some((one) =>
    b.some((other) => one.name === other.name && (one.mode === 'exclusive' || other.mode === 'exclusive')),
  );
}

/** Whether these locks can be had beside those of all the others. */
export function compatible(wanted: readonly Lock[], others: Iterable<readonly Lock[]>): boolean {
  for (const held of others) if (conflicting(wanted, held)) return false;
  return true;
}
