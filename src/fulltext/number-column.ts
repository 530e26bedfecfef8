/** Numbers of one field in memory, in document order; a document may have several. */
export class NumberColumn {
  documents = new Uint32Array(64);
  values = new Float64Array(64);
  count = 0;

  /** Bytes of memory held. */
  get bytes(): number {
    return this.documents.byteLength + this.values.byteLength;
  }

  push(document: number, value: number): void {
    if (this.count === this.documents.length) this.#grow();
    this.documents[this.count] = document;
    this.values[this.count++] = value;
  }

  #grow(): void {
    const length = Math.ceil(this.count * 1.5);
    const documents = new Uint32Array(length);
    documents.set(this.documents);
    const values = new Float64Array(length);
    values.set(this.values);
    this.documents = documents;
    this.values = values;
  }
}
