import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LiveIndex } from '../../../src/fulltext/live-index.ts';
import { openSegment, segmentOf, utf8 } from './oracle/sealed.ts';

/** Written once by version 1 of the format; it must be readable for ever. */
const path = new URL('../../golden/fulltext/text-segment-version-1.text', import.meta.url);

async function write(): Promise<Uint8Array> {
  const index = new LiveIndex(3, 100, 7);
  const headers = [{ key: utf8('trace'), value: utf8('abc-1') }];
  const add = (offset: number, value: string | null, key: string | null): void =>
    index.add({
      offset,
      timestamp: 1_700_000_000_000 + offset,
      key: key === null ? null : utf8(key),
      value: value === null ? null : utf8(value),
      headers,
    });
  add(100, '{"level":"ERROR","message":"disk full on node-7","took":12.5,"at":"2024-05-01T10:00:00Z"}', 'node-7');
  add(101, '{"level":"INFO","message":"disk is fine","took":3,"tags":["a b","b c"],"ok":true}', null);
  add(104, 'plain text: 東京都', null);
  add(105, null, 'gone');
  for (let offset = 106; offset < 400; offset++)
    add(offset, `{"level":"INFO","message":"line ${offset}","took":${offset}}`, null);
  return segmentOf(index);
}

test('a segment of version 1 is read', async () => {
  const segment = await openSegment(new Uint8Array(readFileSync(path)));
  expect(segment.bytes.directory).toMatchObject({ partition: 3, baseOffset: 100, lastOffset: 399, documents: 298 });
  expect(
    segment.fields.map(({ name, documents, numbers, dates }) => ({ name, documents, numbers, dates })),
  ).toMatchSnapshot();
  const all = new Uint8Array(segment.fields.length).fill(1);
  const found: Record<string, unknown> = {};
  for (const [kind, term] of [
    ['text', 'disk'],
    ['text', '東京'],
    ['text', '7'],
    ['text', 'b'],
    ['keyword', 'a b'],
    ['keyword', 'INFO'],
    ['keyword', 'true'],
  ] as const) {
    for (const one of await segment.find(kind, utf8(term), all)) {
      const { documents } = await segment.postings(one);
      const first = documents.subarray(0, 3);
      const positions = kind === 'text' ? (await segment.positions(one, first)).map((list) => [...list]) : [];
      found[`${kind} ${term} in ${segment.fields[one.field]!.name}`] = {
        total: documents.length,
        offsets: [...(await segment.offsets(first))],
        positions,
      };
    }
  }
  expect(found).toMatchSnapshot();
  const took = segment.fields.find(({ name }) => name === 'took')!.id;
  expect([...(await segment.numbers(took, 'numbers', { low: 3, high: 106 }))]).toEqual([0, 1, 4]);
  const at = segment.fields.find(({ name }) => name === 'at')!.id;
  expect([...(await segment.numbers(at, 'dates', { low: 1714557600000, high: 1714557600000 }))]).toEqual([0]);
  expect([...(await segment.timestamps(Uint32Array.of(0, 297)))]).toEqual([1_700_000_000_100, 1_700_000_000_399]);
});

test('the writer still writes what the fixture holds', async () => {
  const golden = await openSegment(new Uint8Array(readFileSync(path)));
  const fresh = await openSegment(await write());
  const { text: _text, keyword: _keyword, pageCrcs: _crcs, ...rest } = fresh.bytes.directory;
  // Lengths of blocks may change with the compressor, and move what lies behind them.
  const shape = JSON.stringify(rest, (name, value: unknown) => (name === 'position' ? 0 : value));
  const { text: _t, keyword: _k, pageCrcs: _c, ...old } = golden.bytes.directory;
  expect(shape).toBe(JSON.stringify(old, (name, value: unknown) => (name === 'position' ? 0 : value)));
});
