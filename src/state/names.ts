import { createHash } from 'node:crypto';
import type { MessageId } from './types.ts';

/** Written first when a client is cleared, removed last: a crash between finds it and goes on. */
export const CLEARED = 'cleared.log';
/** The directory, in a client's, of files that cannot be read. */
export const ASIDE = 'aside';

const MAX_NAME = 200;
const KEPT_OF_LONG_NAME = 120;

/**
 * A client id as the name of a directory: letters, digits, '_', '-' and inner '.' stay, every other byte of its UTF-8 becomes %XX. One that gets
 * too long is cut and ends in '~' and its SHA-256. Different ids have different names. Throws a RangeError for lone surrogates.
 */
export function directoryName(id: string): string {
  if (!id.isWellFormed()) throw new RangeError('a client id must be well-formed Unicode');
  if (id === '') return '%';
  const name = [...Buffer.from(id)]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      if (/[A-Za-z0-9_-]/.test(char) || (char === '.' && index > 0)) return char;
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  if (name.length <= MAX_NAME) return name;
  return `${name.slice(0, KEPT_OF_LONG_NAME)}~${createHash('sha256').update(id).digest('hex')}`;
}

/** The integer of a message id; RangeError for anything else. */
export function messageIdOf(id: unknown): number {
  const number = typeof id === 'bigint' || (typeof id === 'string' && /^-?\d+$/.test(id)) ? Number(id) : (id as number);
  if (!Number.isSafeInteger(number)) throw new RangeError(`'${String(id)}' is not an integer message id`);
  return number === 0 ? 0 : number; // No negative zero: it would be another file name.
}

export const logName = (timestamp: number, id: number): string => `log_${timestamp}_${id}.log`;
export const checkpointName = (timestamp: number): string => `checkpoint_${timestamp}.log`;

export type FileName =
  | { readonly kind: 'log'; readonly timestamp: number; readonly id: MessageId }
  | { readonly kind: 'checkpoint'; readonly timestamp: number }
  /** What a crash left of a write; never read. */
  | { readonly kind: 'temporary' }
  | { readonly kind: 'other' };

/** What a name in a client's directory stands for. */
export function parseName(name: string): FileName {
  const [, timestamp, id] = /^log_(\d{1,15})_(.+)\.log$/.exec(name) ?? [];
  if (timestamp !== undefined && id !== undefined) return { kind: 'log', timestamp: Number(timestamp), id };
  const checkpoint = /^checkpoint_(\d{1,15})\.log$/.exec(name)?.[1];
  if (checkpoint !== undefined) return { kind: 'checkpoint', timestamp: Number(checkpoint) };
  return { kind: name.endsWith('.log.tmp') ? 'temporary' : 'other' };
}
