/** Bytes that are not a message of the given schema and version. The sender's fault: answer or close, never crash. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A value that the given version cannot carry. Our own fault, or that of whoever filled the message. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}
