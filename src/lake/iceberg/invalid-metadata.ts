/** Metadata that this program cannot read, or that contradicts itself. */
export class InvalidMetadata extends Error {
  override readonly name = 'InvalidMetadata';
}
