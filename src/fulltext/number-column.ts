import { lengthened, lengthenedDoubles } from './growth.ts';

/** Numbers of one field in memory, in document order; a document may have several. */
export class NumberColumn {
  documents = new Uint32Array(16);
  values = new Float64Array(16);
  count = 0;

  /** Bytes of memory held. */
  get bytes(): number {
    return this.documents.byteLength + this.values.byteLength;
  }

  push(document: number, value: number): void {
    if (this.count === this.documents.length) {
      this.documents = lengthened(this.documents, this.count + 1);
      this.values = lengthenedDoubles(this.values, this.count + 1);
    }
    this.documents[this.count] = document;
    this.values[this.count++] = value;
  }
}
