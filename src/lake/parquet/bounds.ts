/** Bounds of string and binary columns have at most so many bytes. */
const TRUNCATED_BYTES = 16;

/** Keeps the least and the greatest prefix of the byte strings that it sees, with no more than 16 bytes looked at of each. */
export class BinaryBounds {
  #least: Buffer | undefined;
  #greatest: Buffer | undefined;
  #cut = false;

  /** Sees `length` bytes of `bytes` from `position` on. */
  see(bytes: Buffer, position: number, length: number): void {
    const kept = length < TRUNCATED_BYTES ? length : TRUNCATED_BYTES;
    if (this.#least === undefined || this.#greatest === undefined) {
      this.#least = this.#greatest = Buffer.from(bytes.subarray(position, position + kept));
      this.#cut = length > kept;
      return;
    }
    if (compare(bytes, position, kept, this.#least) < 0)
      this.#least = Buffer.from(bytes.subarray(position, position + kept));
    const order = compare(bytes, position, kept, this.#greatest);
    if (order < 0) return;
    if (order > 0) this.#greatest = Buffer.from(bytes.subarray(position, position + kept));
    this.#cut = length > kept || (order === 0 && this.#cut);
  }

  /** At or below all that was seen; undefined when nothing was. */
  lower(): Uint8Array | undefined {
    return this.#least;
  }

  /** At or above all that was seen; undefined also where no such prefix exists, as for 17 bytes of 255. */
  upper(): Uint8Array | undefined {
    return this.#greatest === undefined || !this.#cut ? this.#greatest : successor(this.#greatest);
  }
}

function compare(bytes: Buffer, position: number, length: number, other: Buffer): number {
  const shared = length < other.length ? length : other.length;
  for (let at = 0; at < shared; at++) {
    const difference = bytes[position + at]! - other[at]!;
    if (difference !== 0) return difference;
  }
  return length - other.length;
}

/** The least byte string that is greater than everything that begins with `prefix`. */
function successor(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  if (last < 0) return undefined;
  const made = Uint8Array.from(prefix.subarray(0, last + 1));
  made[last]!++;
  return made;
}

/** Bounds of a column of strings: cut between characters, and the last character is raised, so that bounds are UTF-8 too. */
export function stringBounds(least: string, greatest: string): { lower: Uint8Array; upper: Uint8Array | undefined } {
  const lower = Buffer.from(prefixOf(least));
  // Half a pair of surrogates is written as U+FFFD: that is the character which is raised then.
  const cut = prefixOf(greatest.toWellFormed());
  return { lower, upper: cut.length === greatest.length ? Buffer.from(cut) : stringSuccessor(cut) };
}

/** Whole characters of at most 16 bytes together. */
function prefixOf(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > TRUNCATED_BYTES) return kept;
    kept += character;
  }
  return kept;
}

function stringSuccessor(prefix: string): Uint8Array | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const code = characters.pop()!.codePointAt(0)! + 1;
    // Surrogates are no characters.
    if (code <= 0x10ffff)
      return Buffer.from(characters.join('') + String.fromCodePoint(code === 0xd800 ? 0xe000 : code));
  }
  return undefined;
}
