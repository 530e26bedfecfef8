import { inflateRawSync } from 'node:zlib';

const END_SIGNATURE = 0x0605_4b50;
const END_BYTES = 22;
const STORED = 0;

/** The files in a zip archive (a jar) whose name `wanted` accepts. Reads the central directory (PKWARE APPNOTE 4.3.12); no zip64. */
export function zipEntries(archive: Buffer, wanted: (name: string) => boolean): { name: string; bytes: Buffer }[] {
  let end = archive.length - END_BYTES;
  while (end >= 0 && archive.readUInt32LE(end) !== END_SIGNATURE) end--;
  if (end < 0) throw new Error('not a zip archive');
  const found: { name: string; bytes: Buffer }[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const method = archive.readUInt16LE(at + 10);
    const size = archive.readUInt32LE(at + 20);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (wanted(name)) {
      const local = archive.readUInt32LE(at + 42);
      const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const bytes = archive.subarray(start, start + size);
      found.push({ name, bytes: method === STORED ? bytes : inflateRawSync(bytes) });
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return found;
}
