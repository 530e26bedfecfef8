import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { ByteReader, ByteWriter } from '../../../src/fulltext/bytes.ts';
import { textFormat } from '../../../src/fulltext/format.ts';
import { LiveView } from '../../../src/fulltext/live-view.ts';
import { readNumberBlock, sortNumbers, writeNumberBlocks } from '../../../src/fulltext/number-blocks.ts';
import type { SegmentReader } from '../../../src/fulltext/segment-reader.ts';
import { allTerms, type SegmentView } from '../../../src/fulltext/view.ts';
import { liveIndex, openSegment, recordOf, segmentOf, utf8 } from './oracle/sealed.ts';

const maskOf = (view: SegmentView, name: string): Uint8Array => {
  const mask = new Uint8Array(64);
  mask[view.fields.find((field) => field.name === name)!.id] = 1;
  return mask;
};

/** Everything a view says of all its terms in a field. */
async function dump(view: SegmentView, name: string): Promise<unknown[]> {
  const scan = { from: new Uint8Array(0), to: undefined, accept: () => 1 };
  const found: { term: string; facts: unknown[] }[] = [];
  for (const kind of ['text', 'keyword'] as const) {
    const words: string[] = [];
    const accept = (bytes: Uint8Array, from: number, to: number): number => {
      words.push(Buffer.from(bytes.subarray(from, to)).toString('latin1'));
      return 1;
    };
    await allTerms(view.scan(kind, { ...scan, accept }, maskOf(view, name), () => undefined));
    for (const word of new Set(words)) {
      for (const term of await view.find(kind, Buffer.from(word, 'latin1'), maskOf(view, name))) {
        const { documents, frequencies } = await view.postings(term, true);
        const positions = kind === 'text' ? await view.positions(term, documents) : [];
        const norms = await view.norms(term.field, documents);
        const counts = kind === 'text' ? [...frequencies!] : [];
        found.push({
          term: `${kind} ${word}`,
          facts: [[...documents], counts, positions.map((p) => [...p]), [...norms]],
        });
      }
    }
  }
  return found.sort((a, b) => (a.term < b.term ? -1 : 1));
}

test('a sealed segment holds the terms, postings, positions and norms of the live index', async () => {
  const random = seededRandom(5);
  const word = (): string => `w${Math.floor(120 ** random.float())}`;
  const text = (): string => Array.from({ length: below(random, 40) }, word).join(' ');
  const values = Array.from({ length: 150 }, (_, i) =>
    JSON.stringify({ m: text(), list: [text(), text()], ...(i % 9 === 0 && { rare: text() }) }),
  );
  const index = liveIndex(values);
  const segment = await openSegment(await segmentOf(index));
  for (const name of ['m', 'list', 'rare']) {
    const live = await dump(new LiveView(index), name);
    expect(live.length).toBeGreaterThan(60);
    expect(await dump(segment, name)).toEqual(live);
  }
});

test('positions of some documents of a frequent term are found by skipping blocks', async () => {
  const values = Array.from({ length: 2000 }, (_, i) => `x ${'y '.repeat(i % 7)}x`);
  const segment = await openSegment(await segmentOf(liveIndex(values)));
  const [term] = await segment.find('text', utf8('x'), maskOf(segment, 'message'));
  const some = Uint32Array.of(3, 127, 128, 1500, 1999);
  const positions = await segment.positions(term!, some);
  expect(positions.map((list) => [...list])).toEqual([...some].map((document) => [0, 1 + (document % 7)]));
});

test('a small segment takes one read, a query of a large one few', async () => {
  const small = { count: 0 };
  const one = await openSegment(await segmentOf(liveIndex(['hello world'])), small);
  await one.postings((await one.find('text', utf8('hello'), maskOf(one, 'message')))[0]!);
  expect(small.count).toBe(1);
  const random = seededRandom(8);
  const values = Array.from(
    { length: 20_000 },
    (_, i) => `line ${i} ${Math.floor(random.float() * 1e9)} ${i % 50 === 0 ? 'seldom' : 'often'}`,
  );
  const bytes = await segmentOf(liveIndex(values));
  expect(bytes.length).toBeGreaterThan(10 * textFormat.pageBytes);
  const large = { count: 0 };
  const many = await openSegment(bytes, large);
  const opened = large.count;
  expect(opened).toBeLessThanOrEqual(3);
  const [term] = await many.find('text', utf8('seldom'), maskOf(many, 'message'));
  expect((await many.postings(term!)).documents.length).toBe(400);
  expect(large.count - opened).toBeLessThanOrEqual(2);
});

test('gaps between offsets are kept', async () => {
  const index = liveIndex(['a', 'b'], 10);
  index.add(recordOf(20, 'c'));
  index.add(recordOf(21, 'd'));
  index.endOffset = 30;
  const segment: SegmentReader = await openSegment(await segmentOf(index));
  expect([...(await segment.offsets(Uint32Array.of(0, 1, 2, 3)))]).toEqual([10, 11, 20, 21]);
  expect(segment.documentRange(11, 21)).toEqual([1, 3]);
  expect(segment.documentRange(12, 20)).toEqual([2, 2]);
  expect(segment.documentRange(0, 100)).toEqual([0, 4]);
  expect(segment.bytes.directory).toMatchObject({ baseOffset: 10, lastOffset: 29, documents: 4 });
});

test('an index that covers offsets without documents can be sealed', async () => {
  const index = liveIndex([], 5);
  index.endOffset = 8;
  const segment = await openSegment(await segmentOf(index));
  expect(segment.documents).toBe(0);
  expect(segment.documentRange(0, 100)).toEqual([0, 0]);
  expect(segment.bytes.directory).toMatchObject({ baseOffset: 5, lastOffset: 7, minTimestamp: -1 });
});

test.each([
  ['integers', () => (random: number) => Math.floor(random * 1e6) - 5e5],
  ['cents', () => (random: number) => Math.round(random * 1e7) / 100],
  ['doubles', () => (random: number) => (random - 0.5) * 1e300],
  ['zeroes of both signs', () => (random: number) => (random < 0.5 ? -0 : 0)],
])('number columns of %s come back in order', (_, make) => {
  const random = seededRandom(4);
  const values = Float64Array.from({ length: 5000 }, () => make()(random.float()));
  const documents = Uint32Array.from(values, (_value, i) => i);
  const sorted = sortNumbers(values, documents);
  const out = new ByteWriter();
  const read: number[] = [];
  const holders: number[] = [];
  for (const { position, length, count } of writeNumberBlocks(out, sorted)) {
    const block = readNumberBlock(new ByteReader(out.bytes, 'x', position, position + length), count, 5000);
    read.push(...block.values);
    holders.push(...block.documents);
  }
  const order = [...documents].sort((a, b) => values[a]! - values[b]! || a - b);
  expect(holders).toEqual(order);
  expect(read).toEqual(order.map((i) => values[i]! + 0));
});
