import {
  batchesOf,
  buildBatch,
  COMPRESSIONS,
  decodeRecords,
  readBatchHeader,
  RecordsError,
  recompressBatch,
  validateProducedHeader,
  validateRecords,
} from '../protocol/records/index.ts';
import { codecs } from '../src/base/compression.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { below, type Random } from '../src/base/random.ts';
import type { FuzzTarget } from './run.ts';

const LIMIT = 1 << 20;

function randomBatch(random: Random): Uint8Array {
  const records = Array.from({ length: below(random, 20) }, (_, index) => ({
    timestamp: 1_700_000_000_000 + below(random, 1000),
    key: below(random, 4) === 0 ? null : random.bytes(below(random, 10)),
    value: below(random, 4) === 0 ? null : new Uint8Array(below(random, 300)).fill(index),
    headers: below(random, 3) === 0 ? [{ key: random.bytes(2), value: null }] : [],
  }));
  const compression = COMPRESSIONS[below(random, COMPRESSIONS.length)]!;
  return buildBatch({ baseOffset: below(random, 1000), compression }, records, codecs, crc32c);
}

/** Changes a few bytes, preferably of lengths and counts, or cuts the end off. */
function mutate(batch: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(batch);
  for (let count = 1 + below(random, 4); count > 0; count--) {
    const at = below(random, 3) === 0 ? below(random, Math.min(80, bytes.length)) : below(random, bytes.length);
    bytes[at] = below(random, 2) === 0 ? below(random, 256) : [0, 0x7f, 0x80, 0xff][below(random, 4)]!;
  }
  return below(random, 5) === 0 ? bytes.subarray(0, below(random, bytes.length)) : bytes;
}

/** Runs `work`; only RecordsError may come out of it. */
function refuses(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error;
  }
}

function visitAll(batch: Uint8Array): void {
  let records = 0;
  decodeRecords(batch, codecs, LIMIT, (record) => {
    records += (record.key?.length ?? 0) + (record.value?.length ?? 0) + record.headers.length;
  });
  if (!Number.isSafeInteger(records)) throw new Error('a record has no length');
}

const rules = {
  compact: true,
  timestampType: 'CreateTime',
  partition: 't-0',
  now: 1_700_000_000_000,
  beforeMaxMs: 1000,
  afterMaxMs: 1000,
  limitBytes: LIMIT,
} as const;

function useAll(bytes: Uint8Array): void {
  refuses(() => void [...batchesOf(bytes)]);
  refuses(() => visitAll(bytes));
  refuses(() => {
    const header = readBatchHeader(bytes, 0);
    validateProducedHeader(header);
    validateRecords(bytes, header, codecs, rules);
  });
  refuses(() => void recompressBatch(bytes, 'none', codecs, LIMIT, crc32c));
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'records: mutated batches are decoded or refused',
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) useAll(mutate(randomBatch(random), random));
    },
  },
  {
    name: 'records: random bytes are refused',
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) {
        const bytes = random.bytes(below(random, 200));
        if (bytes.length > 16) bytes[16] = 2;
        useAll(bytes);
      }
    },
  },
  {
    name: 'records: mutated compressed data stays within the limit',
    run(random, iterations) {
      const names = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
      for (let i = 0; i < iterations; i++) {
        const codec = codecs[names[below(random, names.length)]!];
        const bytes = mutate(codec.compress(new Uint8Array(below(random, 5000)).fill(i)), random);
        const limit = below(random, 6000);
        let length = 0;
        try {
          length = codec.decompress(bytes, limit).length;
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
        if (length > limit) throw new Error(`${length} bytes out of a limit of ${limit}`);
      }
    },
  },
];
