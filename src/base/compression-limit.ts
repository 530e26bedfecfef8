/** Compressed input whose result would exceed the limit. Thrown before that much is allocated. */
export class DecompressionLimit extends Error {
  override readonly name = 'DecompressionLimit';
  /** Part of the contract with `protocol/records`, which knows no class of ours. */
  readonly code = 'DECOMPRESSED_TOO_LARGE';

  constructor(limit: number) {
    super(`decompressed data would exceed ${limit} bytes`);
  }
}
