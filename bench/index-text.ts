// `node bench/index-text.ts [--lines N]`: MB of JSON log lines a CPU-second into live indexes and sealed segments, and what queries take.
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { below, type Random, seededRandom } from '../src/base/random.ts';
import { LiveIndex } from '../src/fulltext/live-index.ts';
import { LiveView } from '../src/fulltext/live-view.ts';
import type { Query } from '../src/fulltext/query.ts';
import { SearchRun } from '../src/fulltext/search-run.ts';
import { SegmentReader } from '../src/fulltext/segment-reader.ts';
import { writeTextSegment } from '../src/fulltext/segment-writer.ts';
import type { SegmentView } from '../src/fulltext/view.ts';

/** As `index.memory.bytes` has it by default. */
const MEMORY = 64 * 1024 * 1024;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)]!;
}

/** Log lines of some 270 bytes: times, a level, ids that occur once, numbers, and text of 5,000 words of which few are frequent. */
function logLines(count: number): Uint8Array[] {
  const random = seededRandom(1);
  const letters = (n: number, of: string): string =>
    Array.from({ length: n }, () => of[below(random, of.length)]).join('');
  const words = Array.from({ length: 5000 }, () => letters(3 + below(random, 8), 'abcdefghijklmnopqrstuvwxyz'));
  const word = (): string => words[Math.floor(random.float() ** 3 * words.length)]!;
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(
      JSON.stringify({
        timestamp: new Date(Date.UTC(2024, 4, 1) + i * 37).toISOString(),
        level: pick(random, ['INFO', 'INFO', 'INFO', 'WARN', 'ERROR', 'DEBUG']),
        service: pick(random, ['checkout', 'cart', 'auth', 'search', 'billing']),
        host: `web-${below(random, 40)}`,
        trace_id: letters(32, '0123456789abcdef'),
        status: pick(random, [200, 200, 200, 201, 304, 404, 500]),
        duration_ms: Math.round(random.float() * 100_000) / 100,
        message: `${pick(random, ['GET', 'POST', 'PUT'])} /api/v1/${word()}/${below(random, 100_000)} ${Array.from({ length: 5 }, word).join(' ')} user=${below(random, 10_000)} took ${below(random, 1000)}ms`,
      }),
    ),
  );
}

/** CPU-microseconds that `work` takes, user and system. */
async function cpu(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

interface Built {
  readonly live: LiveIndex;
  readonly sealed: readonly Uint8Array[];
  readonly addMicros: number;
  readonly sealMicros: number;
}

async function build(lines: readonly Uint8Array[]): Promise<Built> {
  const sealed: Uint8Array[] = [];
  let live = new LiveIndex(0, 0, 7);
  let sealMicros = 0;
  const addMicros = await cpu(async () => {
    for (const [offset, value] of lines.entries()) {
      live.add({ offset, timestamp: offset, key: null, value, headers: [] });
      if (offset % 64 !== 0 || live.bytes < MEMORY) continue;
      sealMicros += await cpu(async () => void sealed.push(await writeTextSegment(live, turn)));
      live = new LiveIndex(0, offset + 1, 7);
    }
  });
  return { live, sealed, addMicros: addMicros - sealMicros, sealMicros };
}

const queries: readonly (readonly [string, Query])[] = [
  ['level:error', { kind: 'match', fields: ['level'], text: 'error', operator: 'or' }],
  ['error, any field', { kind: 'match', fields: [], text: 'error', operator: 'or' }],
  ['404, any field', { kind: 'match', fields: [], text: '404', operator: 'or' }],
  ['phrase "took 42ms"', { kind: 'phrase', fields: ['message'], text: 'took 42ms', slop: 0 }],
  ['status:[400 TO 499]', { kind: 'range', field: 'status', gte: 400, lte: 499 }],
  ['message:a*', { kind: 'prefix', fields: ['message'], value: 'a' }],
  ['trace_id:*beef*', { kind: 'wildcard', fields: ['trace_id'], value: '*beef*' }],
];

async function time(view: SegmentView, query: Query): Promise<string> {
  const source = { topicId: 't', partition: 0, from: 0, to: 1e9, objectKey: '', open: () => Promise.resolve(view) };
  const runs: number[] = [];
  let total = 0;
  for (let i = 0; i < 7; i++) {
    const sort = [{ by: 'score', descending: true }] as const;
    const started = systemClock.monotonic();
    const run = new SearchRun({ query, sort, limit: 10, timeoutMs: 60_000 }, systemClock, undefined);
    total = (await run.run([source], true)).total;
    runs.push(systemClock.monotonic() - started);
  }
  return `${runs.sort((a, b) => a - b)[3]!.toFixed(1)} ms (${total})`;
}

const { values } = parseArgs({ options: { lines: { type: 'string', default: '200000' } } });
const lines = logLines(Number(values.lines));
const bytes = lines.reduce((sum, line) => sum + line.length, 0);
const rate = (micros: number): string => `${(bytes / micros).toFixed(1)} MB/s`;
console.log(`${lines.length} lines, ${(bytes / 1e6).toFixed(0)} MB`);
for (let round = 0; round < 3; round++) {
  const parse = await cpu(() => lines.forEach((line) => JSON.parse(Buffer.from(line).toString('latin1'))));
  const { live, sealed, addMicros, sealMicros } = await build(lines);
  const rest = await writeTextSegment(live, turn);
  const stored = sealed.reduce((sum, segment) => sum + segment.length, rest.length);
  const share = 1 - live.documents / lines.length; // Of the lines, those in sealed segments.
  console.log(
    `per CPU-second: add ${rate(addMicros)}, seal ${rate(sealMicros / share)}, both ${rate(addMicros + sealMicros / share)};`,
    `JSON.parse alone ${rate(parse)}; segments are ${((100 * stored) / bytes).toFixed(0)} % of the input`,
  );
  if (round < 2) continue;
  const whole = new LiveIndex(0, 0, 7);
  for (const [offset, value] of lines.entries())
    whole.add({ offset, timestamp: offset, key: null, value, headers: [] });
  const segment = await writeTextSegment(whole, turn);
  const read = (from: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(segment.subarray(from, from + length));
  const reader = await SegmentReader.open({ read }, { objectKey: 'bench', position: 0, length: segment.length });
  console.log(`all in one index: ${(whole.bytes / bytes).toFixed(1)} bytes of memory a byte`);
  for (const [name, query] of queries) {
    console.log(
      `${name.padEnd(22)} live ${await time(new LiveView(whole), query)}, sealed ${await time(reader, query)}`,
    );
  }
}
