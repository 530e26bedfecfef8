import { crc32c } from '../src/base/crc32c.ts';
import { memoryDisk } from '../src/base/disk-memory.ts';
import { below, type Random } from '../src/base/random.ts';
import { encodeSnapshot, decodeSnapshot } from '../src/log/snapshot-format.ts';
import { LogError } from '../src/log/types.ts';
import { WalFormatError } from '../src/wal/errors.ts';
import { indexPath, segmentPath } from '../src/wal/files.ts';
import { decodeBareRecord, decodeSegmentHeader, encodeBareRecord, HEADER_BYTES } from '../src/wal/format.ts';
import { decodeColumns, decodeDirectory } from '../src/wal/index-format.ts';
import { scanSegment } from '../src/wal/scan.ts';
import { openFixture } from '../tests/unit/log/log-fixture.ts';
import { header, index, segment } from '../tests/unit/wal/golden-segment.ts';
import type { FuzzTarget } from './run.ts';

/** `bytes` with some of them changed, cut, doubled or replaced. */
function mutate(random: Random, bytes: Uint8Array, from = 0): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let i = below(random, 6); i >= 0; i--) {
    const at = from + below(random, out.length - from);
    const dice = below(random, 6);
    if (dice === 0) out = out.slice(0, Math.max(from + 1, at));
    else if (dice === 1) out.fill(below(random, 2) * 255, at, at + below(random, 20));
    else if (dice === 2)
      out = Uint8Array.from([...out.subarray(0, at), ...random.bytes(below(random, 50)), ...out.subarray(at)]);
    else out[at] = dice === 3 ? below(random, 256) : out[at]! ^ (1 << below(random, 8));
  }
  return out;
}

/** Runs `task`; only errors of the given kinds may come out of it. */
function accept(task: () => void, ...kinds: (abstract new (...args: never[]) => Error)[]): void {
  try {
    task();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
}

function scan(bytes: Uint8Array): void {
  const file = memoryDisk().open('/s', 'create');
  file.writeSync([bytes], 0);
  for (const complete of [false, true]) {
    let end = HEADER_BYTES;
    const found = scanSegment(file, header, complete, (entry) => {
      if (entry.position < end || entry.payload.length > bytes.length) throw new Error('entries overlap');
      end = entry.position + entry.length;
    });
    if (found.end < end || found.end > bytes.length) throw new Error(`the scan ends at ${found.end}`);
  }
}

/** Gives an index whose directory was changed its right CRC again, so that what it says is believed. */
function resummed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  const end = 64 + view.getUint32(40, true) * 64;
  if (end + 4 <= bytes.length) view.setUint32(end, crc32c(bytes.subarray(0, end)), true);
  return bytes;
}

/** A whole log over a folder with a mutated segment and perhaps a mutated index: it opens, or names the newer format. */
async function open(random: Random): Promise<void> {
  const disk = memoryDisk();
  disk.makeDirectory('/wal');
  const put = (path: string, bytes: Uint8Array): void => disk.open(path, 'create').writeSync([bytes], 0);
  put(segmentPath('/wal', 42), mutate(random, segment(), below(random, 2) * HEADER_BYTES));
  if (below(random, 2) === 0) put(indexPath('/wal', 42), mutate(random, index(snapshot)));
  try {
    const { log } = await openFixture({ disk });
    await log.close();
  } catch (error) {
    if (!(error instanceof WalFormatError)) throw error;
  }
}

const snapshot = encodeSnapshot([
  {
    topicId: new Uint8Array(16).fill(1),
    partition: 2,
    nextOffset: 99,
    producers: [
      {
        id: 7,
        epoch: 1,
        batches: [{ firstSequence: 0, lastSequence: 4, baseOffset: 90, lastOffset: 94, timestamp: 5 }],
        lastUsed: 6,
        transactionStart: -1,
        coordinatorEpoch: 0,
      },
    ],
    aborted: [{ producerId: 7, firstOffset: 1, lastOffset: 2 }],
  },
]);

const bare = encodeBareRecord({
  timestamp: 1,
  key: new Uint8Array(3),
  value: null,
  headers: [{ key: new Uint8Array(2), value: null }],
});

function repeat(iterations: number, task: () => void): void {
  for (let i = 0; i < iterations; i++) task();
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'wal segments',
    run: (random, iterations) =>
      repeat(iterations / 4, () => accept(() => scan(mutate(random, segment(), HEADER_BYTES)), WalFormatError)),
  },
  {
    name: 'wal segment headers',
    run: (random, iterations) =>
      repeat(iterations, () => accept(() => void decodeSegmentHeader(mutate(random, segment())), WalFormatError)),
  },
  {
    name: 'wal indexes',
    run: (random, iterations) =>
      repeat(iterations, () => {
        const bytes = mutate(random, index());
        if (bytes.length < 64) return;
        accept(() => {
          const [one] = decodeDirectory(resummed(bytes))?.partitions ?? [];
          if (one !== undefined) decodeColumns(one, bytes.slice(one.columnsAt, one.columnsAt + 56));
        }, WalFormatError);
      }),
  },
  {
    name: 'wal states',
    run: (random, iterations) =>
      repeat(iterations, () => accept(() => void decodeSnapshot(mutate(random, snapshot)), LogError, WalFormatError)),
  },
  {
    name: 'wal bare records',
    run: (random, iterations) => repeat(iterations, () => void decodeBareRecord(mutate(random, bare))),
  },
  {
    name: 'wal recovery',
    async run(random, iterations) {
      for (let i = 0; i < iterations / 20; i++) await open(random);
    },
  },
];
