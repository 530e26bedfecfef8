import { systemClock } from '../src/base/clock.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { below, type Random } from '../src/base/random.ts';
import { analyze } from '../src/fulltext/analyzer.ts';
import { ByteReader } from '../src/fulltext/bytes.ts';
import { sourceOf } from '../src/fulltext/document.ts';
import { readFooter, textFormat, writeFooter } from '../src/fulltext/format.ts';
import { LiveIndex } from '../src/fulltext/live-index.ts';
import { LiveView } from '../src/fulltext/live-view.ts';
import type { Query } from '../src/fulltext/query.ts';
import { compileRegexp } from '../src/fulltext/regexp.ts';
import { SearchRun } from '../src/fulltext/search-run.ts';
import { SegmentReader } from '../src/fulltext/segment-reader.ts';
import { writeTextSegment } from '../src/fulltext/segment-writer.ts';
import type { SegmentView } from '../src/fulltext/view.ts';
import type { FuzzTarget } from './run.ts';

const encoder = new TextEncoder();
const OBJECT = 'fuzzed';

function indexOf(values: readonly Uint8Array[]): LiveIndex {
  const index = new LiveIndex(0, 0, 9);
  for (const [offset, value] of values.entries()) {
    index.add({ offset, timestamp: offset, key: null, value, headers: [] });
  }
  return index;
}

async function search(view: SegmentView, query: Query): Promise<{ total: number; reasons: string[] }> {
  const sort = [{ by: 'score', descending: true }] as const;
  const run = new SearchRun({ query, sort, limit: 10, timeoutMs: 5000 }, systemClock, undefined);
  const source = { topicId: 't', partition: 0, from: 0, to: 1e9, objectKey: OBJECT, open: () => Promise.resolve(view) };
  const { total, failures } = await run.run([source], true);
  return { total, reasons: failures.map(({ reason }) => reason) };
}

const queries: readonly Query[] = [
  { kind: 'match', fields: [], text: 'hello word7', operator: 'or' },
  { kind: 'phrase', fields: ['text'], text: 'hello w', slop: 0, prefix: true },
  { kind: 'wildcard', fields: [], value: '*' },
  { kind: 'range', field: 'n', gte: 3, lt: 100 },
  { kind: 'range', field: '@timestamp', gte: 5 },
  { kind: 'exists', field: 'seldom' },
  { kind: 'wildcard', fields: ['text.keyword'], value: 'w*' },
];

async function goodSegment(): Promise<Uint8Array> {
  const values = Array.from({ length: 400 }, (_, i) => {
    const seldom = i % 17 === 0 ? { seldom: [i / 8, 'yes'] } : {};
    return encoder.encode(JSON.stringify({ text: `word${i} hello hello x hello y hello`, n: i, ...seldom }));
  });
  return writeTextSegment(indexOf(values), () => Promise.resolve());
}

/** Changes some bytes; then makes the checksums right again, so that what lies behind them is reached. */
function damage(good: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(good);
  const footer = readFooter(bytes.subarray(-textFormat.footerBytes), OBJECT, bytes.length, (b) => crc32c(b));
  const end = footer.directoryPosition + footer.directoryLength;
  for (let count = 1 + below(random, 3); count > 0; count--) {
    const from = below(random, 2) === 0 ? footer.directoryPosition : 0;
    bytes[from + below(random, end - from)] = [0, 1, 0x7f, 0x80, 0xff, below(random, 256)][below(random, 6)]!;
  }
  const pages = Math.ceil(footer.directoryPosition / textFormat.pageBytes);
  for (let page = 0; page < pages; page++) {
    const stop = Math.min((page + 1) * textFormat.pageBytes, footer.directoryPosition);
    const crc = crc32c(bytes.subarray(page * textFormat.pageBytes, stop));
    new DataView(bytes.buffer).setUint32(end - 4 * (pages - page), crc, true);
  }
  const directoryCrc = crc32c(bytes.subarray(footer.directoryPosition, end));
  bytes.set(
    writeFooter({ ...footer, directoryCrc }, (b) => crc32c(b)),
    end,
  );
  return bytes;
}

async function openAndSearch(bytes: Uint8Array, query: Query): Promise<string[]> {
  const read = (from: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(bytes.subarray(from, from + length));
  let view: SegmentReader;
  try {
    view = await SegmentReader.open({ read }, { objectKey: OBJECT, position: 0, length: bytes.length });
  } catch (error) {
    return [(error as Error).message];
  }
  return (await search(view, query)).reasons;
}

async function fuzzSegments(random: Random, iterations: number): Promise<void> {
  const good = await goodSegment();
  for (let i = 0; i < iterations / 20; i++) {
    const reasons = await openAndSearch(damage(good, random), queries[i % queries.length]!);
    const strange = reasons.find((reason) => !reason.startsWith(`text segment in ${OBJECT}`));
    if (strange !== undefined) throw new Error(`not a refusal of the reader: ${strange}`);
  }
}

/** Values that are nearly JSON: what the index finds must be what the rendered document shows. */
async function fuzzValues(random: Random, iterations: number): Promise<void> {
  const parts = [
    '{',
    '}',
    '"a"',
    ':',
    ',',
    '[',
    ']',
    '"needle"',
    '1',
    '-',
    'e5',
    'true',
    'null',
    '\\',
    '"',
    '\u00e9',
    '\ud83d\ude00',
    ' ',
  ];
  for (let i = 0; i < iterations / 10; i++) {
    const values = Array.from({ length: 4 }, () => {
      if (below(random, 4) === 0) return random.bytes(below(random, 40));
      return encoder.encode(
        `{${Array.from({ length: below(random, 12) }, () => parts[below(random, parts.length)]).join('')}`,
      );
    });
    const index = indexOf(values);
    if (index.documents !== values.length) throw new Error('a record was not indexed');
    for (const value of values) JSON.stringify(sourceOf({ offset: 0, timestamp: 0, key: null, value, headers: [] }, 0));
    const live = await search(new LiveView(index), { kind: 'wildcard', fields: [], value: '*' });
    const bytes = await writeTextSegment(index, () => Promise.resolve());
    const reader = { read: (from: number, length: number) => Promise.resolve(bytes.subarray(from, from + length)) };
    const view = await SegmentReader.open(reader, { objectKey: OBJECT, position: 0, length: bytes.length });
    const sealed = await search(view, { kind: 'wildcard', fields: [], value: '*' });
    if (live.total !== sealed.total || sealed.reasons.length > 0) throw new Error('live and sealed differ');
  }
}

function fuzzText(random: Random, iterations: number): void {
  for (let i = 0; i < iterations; i++) {
    const text = Buffer.from(random.bytes(below(random, 60))).toString(below(random, 2) === 0 ? 'utf8' : 'utf16le');
    for (const term of analyze(text))
      if (term.length === 0 || term.length > 255 * 3) throw new Error('a term of a wrong length');
  }
}

function fuzzRegexps(random: Random, iterations: number): void {
  const alphabet = 'ab()[]{}|*+?.^-\\"@#,012';
  for (let i = 0; i < iterations; i++) {
    const pattern = Array.from({ length: below(random, 20) }, () => alphabet[below(random, alphabet.length)]).join('');
    try {
      compileRegexp(pattern).matches('abababab0');
    } catch (error) {
      if ((error as Error).name !== 'QueryRejected') throw error;
    }
  }
}

function fuzzIntegers(random: Random, iterations: number): void {
  for (let i = 0; i < iterations; i++) {
    const input = new ByteReader(random.bytes(below(random, 12)), OBJECT);
    try {
      while (input.remaining > 0)
        if (!Number.isSafeInteger(below(random, 2) === 0 ? input.varint() : input.signed())) throw new Error('unsafe');
    } catch (error) {
      if ((error as Error).name !== 'CorruptTextSegment') throw error;
    }
  }
}

export const targets: readonly FuzzTarget[] = [
  { name: 'fulltext/segment', run: fuzzSegments },
  { name: 'fulltext/values', run: fuzzValues },
  { name: 'fulltext/analyzer', run: fuzzText },
  { name: 'fulltext/regexp', run: fuzzRegexps },
  { name: 'fulltext/integers', run: fuzzIntegers },
];
