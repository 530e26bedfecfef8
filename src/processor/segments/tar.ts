/** Bytes of a tar archive (POSIX.1-2001, ustar with pax headers for long names). */
const BLOCK = 512;
const encoder = new TextEncoder();

function octal(value: number, digits: number): Uint8Array {
  return encoder.encode(`${value.toString(8).padStart(digits, '0')}\0`);
}

function header(name: string, size: number, modifiedMs: number, type: '0' | 'x'): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(encoder.encode(name).subarray(0, 100), 0);
  block.set(octal(0o644, 7), 100);
  block.set(octal(0, 7), 108);
  block.set(octal(0, 7), 116);
  block.set(octal(size, 11), 124);
  block.set(octal(Math.max(0, Math.floor(modifiedMs / 1000)), 11), 136);
  block.fill(0x20, 148, 156);
  block.set(encoder.encode(`${type}ustar\0`), 156);
  block.set(encoder.encode('00'), 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encoder.encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return block;
}

/** One pax record: its length, which counts itself, then key and value. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Uint8Array.from([...encoder.encode(String(length)), ...rest]);
}

/** Zeroes after an entry of `size` bytes. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** What comes before the content of a file. */
export function tarHeader(name: string, size: number, modifiedMs: number): Uint8Array {
  if (encoder.encode(name).length <= 100 && size < 8 ** 11) return header(name, size, modifiedMs, '0');
  const records = [paxRecord('path', name), paxRecord('size', String(size))];
  const pax = Buffer.concat(records);
  return Buffer.concat([
    header('pax-header', pax.length, modifiedMs, 'x'),
    pax,
    tarPadding(pax.length),
    header(name, size < 8 ** 11 ? size : 0, modifiedMs, '0'),
  ]);
}

/** The end of an archive. */
export const TAR_END = new Uint8Array(2 * BLOCK);
