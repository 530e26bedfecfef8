import { type PatternType, WILDCARD } from './bindings.ts';

/**
 * Values by resource pattern, found by the names that the patterns cover. A look-up costs one step for the name, one for `*`, and one for
 * each length that a prefix has: it does not grow with the number of patterns.
 */
export class PatternTable<T> {
  readonly #literal = new Map<string, T>();
  readonly #prefixed = new Map<string, T>();
  /** How many prefixes have each length. */
  readonly #lengths = new Map<number, number>();

  get size(): number {
    return this.#literal.size + this.#prefixed.size;
  }

  get(type: PatternType, name: string): T | undefined {
    return this.#of(type).get(name);
  }

  set(type: PatternType, name: string, value: T): void {
    const values = this.#of(type);
    if (type === 'prefixed' && !values.has(name)) this.#count(name.length, 1);
    values.set(name, value);
  }

  delete(type: PatternType, name: string): void {
    if (this.#of(type).delete(name) && type === 'prefixed') this.#count(name.length, -1);
  }

  /** Calls `visit` with the value of each pattern that covers the name, until it returns true; says whether it did. */
  some(name: string, visit: (value: T) => boolean): boolean {
    const own = this.#literal.get(name);
    if (own !== undefined && visit(own)) return true;
    const all = name === WILDCARD ? undefined : this.#literal.get(WILDCARD);
    if (all !== undefined && visit(all)) return true;
    for (const length of this.#lengths.keys()) {
      if (length > name.length) continue;
      const value = this.#prefixed.get(name.slice(0, length));
      if (value !== undefined && visit(value)) return true;
    }
    return false;
  }

  *entries(): Generator<readonly [PatternType, string, T]> {
    for (const [name, value] of this.#literal) yield ['literal', name, value];
    for (const [name, value] of this.#prefixed) yield ['prefixed', name, value];
  }

  #of(type: PatternType): Map<string, T> {
    return type === 'literal' ? this.#literal : this.#prefixed;
  }

  #count(length: number, change: 1 | -1): void {
    const count = (this.#lengths.get(length) ?? 0) + change;
    if (count === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, count);
  }
}
