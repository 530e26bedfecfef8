import { lengthened, lengthenedDoubles } from './growth.ts';
import { PendingTokens } from './pending-tokens.ts';

/**
 * One document while it is read: values, tokens and numbers wait here until all of it is known to be good. Reused from document to
 * document.
 */
export class PendingDocument extends PendingTokens {
  /** Field, place in the document's part of the stream, and number of tokens, by value. */
  fields = new Uint32Array(32);
  valuePlaces = new Uint32Array(32);
  tokens = new Uint32Array(32);
  values = 0;
  /** By number: twice the field id, plus 1 for a date; and the value. */
  numberFields = new Uint32Array(32);
  numberValues = new Float64Array(32);
  numbers = 0;
  #first = 0;

  override clear(): void {
    super.clear();
    this.values = 0;
    this.numbers = 0;
  }

  /** Starts a text value. */
  open(field: number): void {
    if (this.values === this.fields.length) {
      this.fields = lengthened(this.fields, this.values + 1);
      this.valuePlaces = lengthened(this.valuePlaces, this.values + 1);
      this.tokens = lengthened(this.tokens, this.values + 1);
    }
    this.fields[this.values] = field;
    this.valuePlaces[this.values] = this.place;
    this.place += 2;
    this.#first = this.place;
  }

  override keyword(bytes: Uint8Array, from: number, to: number, owner: number, seed: number): void {
    super.keyword(bytes, from, to, owner, seed);
    this.#first = this.place;
  }

  /** Ends the text value. */
  close(): void {
    this.tokens[this.values++] = this.place - this.#first;
  }

  /** True when the value's first place is its keyword. */
  hasKeyword(value: number): boolean {
    const end = value + 1 < this.values ? this.valuePlaces[value + 1]! : this.place;
    return end - this.valuePlaces[value]! - 2 > this.tokens[value]!;
  }

  number(field: number, value: number, date: boolean): void {
    if (this.numbers === this.numberFields.length) {
      this.numberFields = lengthened(this.numberFields, this.numbers + 1);
      this.numberValues = lengthenedDoubles(this.numberValues, this.numbers + 1);
    }
    this.numberFields[this.numbers] = date ? field * 2 + 1 : field * 2;
    this.numberValues[this.numbers++] = value;
  }
}
