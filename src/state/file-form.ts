import { messageIdOf } from './names.ts';
import type { StateInterpreter } from './types.ts';

/** The first line of a file: being written, or whole. The page is docs/formats/state.md. */
export type Status = 'PROCESSING' | 'COMPLETED';

/** A file's bytes: the status on the first line, then what the interpreter wrote. */
export function fileBytes(status: Status, text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${status}\n${text}`));
}

export interface Content<T> {
  readonly data: T;
  /** `message_id` of a log, `max_message_id` of a checkpoint. */
  readonly id: number;
}

export type FileContent<T> =
  | { readonly status: 'completed'; readonly content: Content<T> }
  | { readonly status: 'incomplete' }
  | { readonly status: 'corrupt'; readonly reason: string };

/** Reads a log or a checkpoint. A file that says PROCESSING was never acknowledged: whatever else is in it does not count. */
export function readContent<T>(
  bytes: Uint8Array,
  idField: 'message_id' | 'max_message_id',
  interpreter: StateInterpreter<T>,
): FileContent<T> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { status: 'corrupt', reason: 'it is not UTF-8' };
  }
  const end = text.indexOf('\n');
  const status = end < 0 ? text : text.slice(0, end).replace(/\r$/, '');
  if (status === 'PROCESSING') return { status: 'incomplete' };
  if (status !== 'COMPLETED') return { status: 'corrupt', reason: 'its first line is no status' };
  try {
    const { data, metadata } = interpreter.parse(text.slice(end + 1));
    return { status: 'completed', content: { data, id: messageIdOf(metadata[idField]) } };
  } catch (error) {
    return { status: 'corrupt', reason: error instanceof Error ? error.message : String(error) };
  }
}
