import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { codecs } from '../../../src/base/compression.ts';
import { DecompressionLimit } from '../../../src/base/compression-limit.ts';
import { zstdFrames } from '../../../src/base/compression-zstd.ts';
import { seededRandom } from '../../../src/base/random.ts';

const names = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const random = seededRandom(7);
const samples = {
  empty: new Uint8Array(0),
  'one byte': Uint8Array.of(42),
  'repeating text': Buffer.from('the same line again\n'.repeat(20_000)),
  noise: random.bytes(100_000),
};

describe.each(names)('%s', (name) => {
  const codec = codecs[name];

  test.each(Object.entries(samples))('gives back %s', (_title, bytes) => {
    const compressed = codec.compress(bytes);
    expect(Buffer.compare(codec.decompress(compressed, bytes.length), bytes)).toBe(0);
  });

  test('stops at the limit, to the byte', () => {
    const bytes = samples['repeating text'];
    const compressed = codec.compress(bytes);
    expect(codec.decompress(compressed, bytes.length).length).toBe(bytes.length);
    expect(() => codec.decompress(compressed, bytes.length - 1)).toThrow(DecompressionLimit);
  });

  test('refuses what is cut off, at any byte', () => {
    const compressed = codec.compress(samples['repeating text']);
    for (let length = 1; length < compressed.length; length += Math.ceil(compressed.length / 200)) {
      expect(() => codec.decompress(compressed.subarray(0, length), 1 << 20)).toThrow();
    }
  });
});

describe('a bomb', () => {
  const peakOf = (run: () => void): number => {
    const before = process.memoryUsage.rss();
    run();
    return process.memoryUsage.rss() - before;
  };

  const zeroes = Buffer.alloc(100 << 20);
  const bombs = {
    gzip: () => zlib.gzipSync(zeroes, { level: 1 }),
    zstd: () => zlib.zstdCompressSync(zeroes),
    lz4: () => codecs.lz4.compress(zeroes),
  };

  test.each(['gzip', 'zstd', 'lz4'] as const)('of %s costs no more memory than the limit allows', (name) => {
    const inner = bombs[name]();
    const grown = peakOf(() => expect(() => codecs[name].decompress(inner, 1 << 20)).toThrow(DecompressionLimit));
    expect(grown).toBeLessThan(32 << 20);
  });

  test('of many zstd frames, each within the limit, is stopped too', () => {
    const frame = zlib.zstdCompressSync(zeroes.subarray(0, 1 << 20));
    const many = Buffer.concat(Array.from({ length: 64 }, () => frame));
    expect(() => codecs.zstd.decompress(many, 4 << 20)).toThrow(DecompressionLimit);
  });

  test('of snappy that claims a gigabyte is refused by its first bytes', () => {
    expect(() => codecs.snappy.decompress(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, 0, 0), 1 << 30)).toThrow();
  });
});

describe('snappy without framing', () => {
  test('is read as well, as librdkafka and Go clients write it', () => {
    // Length 5, then one literal of five bytes.
    const raw = Uint8Array.of(5, 4 << 2, ...Buffer.from('hello'));
    expect(Buffer.from(codecs.snappy.decompress(raw, 5)).toString()).toBe('hello');
  });
});

describe('zstd frames', () => {
  test('are found with the sizes that they declare', () => {
    for (const size of [1, 255, 256, 65_791, 65_792, 1 << 20]) {
      const [frame] = zstdFrames(zlib.zstdCompressSync(Buffer.alloc(size, 1)));
      expect(frame!.contentSize).toBe(size);
    }
  });

  test('one after another are decompressed one after another', () => {
    const two = Buffer.concat([
      zlib.zstdCompressSync(Buffer.from('hello ')),
      zlib.zstdCompressSync(Buffer.from('world')),
    ]);
    expect(zstdFrames(two).length).toBe(2);
    expect(Buffer.from(codecs.zstd.decompress(two, 100)).toString()).toBe('hello world');
    expect(() => codecs.zstd.decompress(two, 10)).toThrow(DecompressionLimit);
  });

  test('in thousands are refused', () => {
    const many = Buffer.concat(Array.from({ length: 1001 }, () => zlib.zstdCompressSync(Buffer.from('x'))));
    expect(() => codecs.zstd.decompress(many, 1 << 20)).toThrow('more than 1000');
  });

  test('with something behind them are refused', () => {
    const frame = zlib.zstdCompressSync(Buffer.from('hello'));
    expect(() => codecs.zstd.decompress(Buffer.concat([frame, Uint8Array.of(1)]), 100)).toThrow('zstd frame');
    expect(() => codecs.zstd.decompress(new Uint8Array(0), 100)).toThrow('zstd frame');
  });
});
