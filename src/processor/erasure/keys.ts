import type { KeyEnd } from './types.ts';

/** Keys whose records go, each below an offset of its own. */
export class ErasedKeys {
  readonly #found = new Map<string, { readonly index: number; readonly below: number }>();
  readonly #lengths = new Set<number>();

  constructor(keys: readonly KeyEnd[]) {
    for (const [index, { key, below }] of keys.entries()) {
      const text = textOf(key);
      // Asked for twice: the later request reaches further.
      if (below >= (this.#found.get(text)?.below ?? 0)) this.#found.set(text, { index, below });
      this.#lengths.add(key.length);
    }
  }

  /** Which of the keys a record falls under; -1 for one that stays. */
  indexOf(key: Uint8Array | null, offset: number): number {
    // Most keys differ in length or are not there: no text is made of them.
    if (key === null || !this.#lengths.has(key.length)) return -1;
    const found = this.#found.get(textOf(key));
    return found !== undefined && offset < found.below ? found.index : -1;
  }
}

const textOf = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
