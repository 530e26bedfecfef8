import type { ByteRange, ObjectBody } from './types.ts';

/** S3's limit for a key; a path component is limited by file systems. */
const MAX_KEY_BYTES = 1024;
const MAX_COMPONENT_BYTES = 255;

/**
 * Throws a RangeError unless `key` is a '/'-separated path that every store can hold: no empty component, no '.' and '..', no control
 * characters and no backslash. Keys come from our own code, so that a bad one is a bug; the check keeps it from leaving the root.
 */
export function checkKey(key: string): void {
  const components = key.split('/');
  const sound = components.every(
    (component) =>
      component !== '' &&
      component !== '.' &&
      component !== '..' &&
      Buffer.byteLength(component) <= MAX_COMPONENT_BYTES,
  );
  if (!sound || Buffer.byteLength(key) > MAX_KEY_BYTES || /[\p{Cc}\\]/u.test(key))
    throw new RangeError(`'${key}' is not an object key`);
}

/** The bytes [start, end) that `range` means in an object of `size` bytes. */
export function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  checkRange(range);
  if ('suffix' in range) return { start: Math.max(0, size - range.suffix), end: size };
  const start = Math.min(range.from, size);
  return { start, end: Math.min(size, start + range.length) };
}

/** Throws a RangeError for anything but whole numbers from 0. */
export function checkRange(range: ByteRange): void {
  const numbers = 'suffix' in range ? [range.suffix] : [range.from, range.length];
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
    throw new RangeError(`bad byte range ${JSON.stringify(range)}`);
}

export function bodySize(body: ObjectBody): number {
  return body instanceof Uint8Array ? body.byteLength : body.size;
}
