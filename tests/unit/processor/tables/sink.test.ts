import { afterEach, expect, test } from 'vitest';
import { buildBatch } from '../../../../protocol/records/index.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { type DataFile, type FrozenMemtable, OffsetsMoved } from '../../../../src/lake/index.ts';
import type { CommittedRead } from '../../../../src/log/committed-read.ts';
import { TableSink } from '../../../../src/processor/tables/sink.ts';
import type { OffsetMoves, TableSinkSettings, TopicTableFiles } from '../../../../src/processor/tables/types.ts';

/** A log of one-record batches, tables as lists of rows, and faults on demand. */
class World {
  readonly logs = new Map<string, string[]>();
  readonly rows = new Map<string, string[]>();
  readonly offsets = new Map<string, Map<number, number>>();
  readonly held = new Map<string, Set<string>>();
  readonly kept: string[] = [];
  readonly given: string[] = [];
  readonly announced = new Set<string>();
  logStart = 0;
  /** Called before a commit; may throw, after the commit when it says so. */
  fault: (topic: string) => 'before' | 'after' | undefined = () => undefined;
  dropped: string[] = [];
  beforeDrop: () => Promise<void> = () => Promise.resolve();
  /** Columns that tables were given, and what is said of them. */
  readonly columns: string[] = [];
  columnsFault: Error | undefined;
  refused: readonly string[] = [];
  readonly sink: TableSink;

  constructor(settings: Partial<TableSinkSettings> = {}) {
    this.sink = new TableSink({
      codecs,
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
      seconds: { observe() {} },
      failed: { inc() {} },
      settings: {
        memtableBytes: 1e9,
        flushIntervalMs: 5,
        memoryBytes: 1e9,
        batchRecords: 1000,
        maxReads: 4,
        maxFlushes: 2,
        retryBaseMs: 2,
        retryMaxMs: 10,
        files: { compression: 'zstd', maxRows: 1e6, maxBytes: 1e9 },
        registry: undefined,
        decompressedLimitBytes: 1e6,
        ...settings,
      },
      tables: {
        open: ({ topicId }) => Promise.resolve(this.#table(topicId)),
        erase: ({ keys }) => Promise.resolve(keys.map(() => 0)),
        trim: () => Promise.resolve(undefined),
        drop: async ({ topicId }) => {
          await this.beforeDrop();
          this.dropped.push(topicId);
        },
        ask: () => Promise.resolve(),
        files: () => Promise.resolve([]),
        verify: () => Promise.resolve({ bytes: 0, problem: undefined }),
        close: () => Promise.resolve(),
      },
      host: {
        readLog: (topicId, _partition, offset) => Promise.resolve(this.#read(topicId, offset)),
        announce: (key) => Promise.resolve(void this.announced.add(key)),
        settle: ({ committed, abandoned }) => {
          this.kept.push(...committed);
          this.given.push(...abandoned);
          for (const key of [...committed, ...abandoned]) this.announced.delete(key);
          return Promise.resolve();
        },
        unsettled: (prefix) => Promise.resolve([...this.announced].filter((key) => key.startsWith(prefix))),
        discard: () => Promise.resolve(),
        mergeProgress: () => Promise.resolve(),
      },
    });
  }

  #read(topicId: string, offset: number): CommittedRead {
    if (offset < this.logStart) return { logStart: this.logStart };
    const values = (this.logs.get(topicId) ?? []).slice(offset, offset + 10);
    if (values.length === 0) return { unstable: true };
    const batches = values.map((value, at) =>
      buildBatch({ baseOffset: offset + at }, [{ value: Buffer.from(value), timestamp: 1 }], codecs, crc32c),
    );
    return { batches: Buffer.concat(batches), aborted: [] };
  }

  #table(topicId: string): TopicTableFiles {
    const offsets = this.offsets.get(topicId) ?? new Map<number, number>();
    const held = this.held.get(topicId) ?? new Set<string>();
    const rows = this.rows.get(topicId) ?? [];
    this.offsets.set(topicId, offsets);
    this.held.set(topicId, held);
    this.rows.set(topicId, rows);
    let written = 0;
    return {
      prefix: `${topicId}/`,
      offsets: () => new Map(offsets),
      fence: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
      evolve: (columns) => {
        if (this.columnsFault !== undefined) return Promise.reject(this.columnsFault);
        this.columns.push(columns.map(({ name }) => name).join());
        return Promise.resolve(this.refused);
      },
      async write(frozen: FrozenMemtable, announce) {
        const key = `${topicId}/${written++}`;
        await announce(key);
        const values = Array.from({ length: frozen.rows }, (_none, row) => Buffer.from(frozen.value(row)!).toString());
        const file = { path: key, recordCount: frozen.rows, fileSizeInBytes: 1, values } as unknown as DataFile;
        return { files: [file], misfits: 0 };
      },
      commit: (files: readonly DataFile[], moves: OffsetMoves) => {
        const fault = this.fault(topicId);
        if (fault === 'before') return Promise.reject(new Error('the catalog is away'));
        for (const [partition, { from }] of moves)
          if ((offsets.get(partition) ?? 0) !== from) return Promise.reject(new OffsetsMoved('moved', offsets));
        for (const [partition, { to }] of moves) offsets.set(partition, to);
        for (const file of files) {
          held.add(file.path);
          rows.push(...(file as unknown as { values: string[] }).values);
        }
        return fault === 'after' ? Promise.reject(new Error('no answer')) : Promise.resolve();
      },
      holds: (keys) => Promise.resolve(keys.filter((key) => held.has(key))),
    };
  }

  append(topicId: string, ...values: string[]): void {
    const log = this.logs.get(topicId) ?? [];
    log.push(...values);
    this.logs.set(topicId, log);
    this.sink.advanced([{ topicId, partition: 0, end: log.length }]);
  }

  add(topicId: string, columns = ''): void {
    this.sink.addTopic({ topicId, name: topicId, partitions: 1, columns: { columns, infer: false } });
  }
}

let world: World | undefined;

afterEach(async () => {
  if (world !== undefined) world.fault = () => undefined;
  await world?.sink.stop();
});

const started = (settings?: Partial<TableSinkSettings>, ...topics: string[]): World => {
  world = new World(settings);
  world.sink.start();
  for (const topic of topics) world.add(topic);
  return world;
};

async function until(done: () => boolean): Promise<void> {
  for (let round = 0; round < 1000 && !done(); round++) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(done()).toBe(true);
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_none, at) => String(at));

test('every record is a row once, and the keys of files are settled', async () => {
  const { sink, rows, kept, announced } = started({}, 'a');
  world!.append('a', ...numbers(35));
  await until(() => rows.get('a')?.length === 35);
  expect(rows.get('a')).toEqual(numbers(35));
  await sink.flushNow();
  expect(announced.size).toBe(0);
  expect(kept.length).toBeGreaterThan(0);
  expect(sink.status()).toMatchObject({ records: 35, rows: 35, lag: 0, memoryBytes: 0, failing: undefined });
});

test('a commit whose answer is lost doubles nothing and keeps its files', async () => {
  const { sink, rows, kept, given, held } = started({}, 'a');
  let lost = 0;
  world!.fault = () => (lost++ === 0 ? 'after' : undefined);
  world!.append('a', ...numbers(20));
  await until(() => rows.get('a')?.length === 20 && sink.status().failing === undefined && sink.status().lag === 0);
  world!.append('a', '20');
  await until(() => rows.get('a')?.length === 21);
  expect(rows.get('a')).toEqual(numbers(21));
  await sink.flushNow();
  expect(given).toEqual([]);
  expect(new Set(kept)).toEqual(held.get('a'));
});

test('a table that cannot commit says why, stops no other and catches up', async () => {
  const { sink, rows } = started({}, 'bad', 'good');
  let away = true;
  world!.fault = (topic) => (away && topic === 'bad' ? 'before' : undefined);
  world!.append('bad', ...numbers(5));
  world!.append('good', ...numbers(5));
  await until(() => rows.get('good')?.length === 5);
  await until(() => sink.status().failing === 'the catalog is away');
  expect(sink.status().tables.find(({ topic }) => topic === 'good')?.failing).toBeUndefined();
  away = false;
  await until(() => rows.get('bad')?.length === 5);
  expect(sink.status().failing).toBeUndefined();
});

test('above the limit of memory reading waits, and goes on', async () => {
  const { sink, rows } = started({ memoryBytes: 1_500_000, flushIntervalMs: 60_000 }, 'a', 'b', 'c');
  const values = numbers(200).map((value) => value.padEnd(20_000, 'x'));
  for (const topic of ['a', 'b', 'c']) world!.append(topic, ...values);
  let most = 0;
  await until(() => {
    most = Math.max(most, sink.status().memoryBytes);
    return (
      ['a', 'b', 'c'].every((topic) => sink.status().tables.some((one) => one.topic === topic)) &&
      sink.status().records === 600
    );
  });
  await sink.flushNow();
  for (const topic of ['a', 'b', 'c']) expect(rows.get(topic)).toEqual(values);
  expect(most).toBeLessThan(6_000_000);
});

test('records that went before they were read are counted', async () => {
  const { sink, rows } = started({}, 'a');
  world!.append('a', ...numbers(3));
  await until(() => rows.get('a')?.length === 3);
  sink.pause();
  world!.append('a', ...numbers(10));
  world!.logStart = 8;
  sink.resume();
  await until(() => sink.status().lag === 0);
  expect(rows.get('a')).toEqual(['0', '1', '2', '5', '6', '7', '8', '9']);
  expect(sink.status().lost).toBe(5);
});

test('a topic that goes takes its table along', async () => {
  const { sink, rows, dropped } = started({}, 'a');
  world!.append('a', 'x');
  await until(() => rows.get('a')?.length === 1);
  sink.removeTopic({ topicId: 'a', name: 'a', drop: true });
  await until(() => dropped.length === 1 && sink.status().tables.length === 0);
});

test('a table that is not dropped when the sink ends is not said to be', async () => {
  const { sink, dropped } = started({}, 'a');
  const away = Promise.withResolvers<void>();
  world!.beforeDrop = () => away.promise;
  await sink.flushNow();
  sink.pause();
  const refused = expect(sink.drop({ topicId: 'a', name: 'a' })).rejects.toThrow('are being closed');
  const stopped = sink.stop();
  await refused;
  away.reject(new Error('the catalog is away'));
  await stopped;
  expect(dropped).toEqual([]);
});

test('rows that another engine takes out by moving the table back are read again, of whatever partition comes next', async () => {
  const { sink, offsets } = started({});
  sink.addTopic({ topicId: 'a', name: 'a', partitions: 2, columns: { columns: '', infer: false } });
  world!.append('a', ...numbers(3));
  sink.advanced([{ topicId: 'a', partition: 1, end: 3 }]);
  await sink.flushNow();
  expect(Object.fromEntries(offsets.get('a')!)).toEqual({ 0: 3, 1: 3 });
  offsets.get('a')!.set(1, 1);
  world!.append('a', '3');
  await until(() => offsets.get('a')?.get(0) === 4 && offsets.get('a')?.get(1) === 4);
});

test('a table follows the columns of its setting without waiting for rows, and says which are refused', async () => {
  const { sink, columns } = started({}, 'a');
  await until(() => columns.length === 1);
  world!.refused = ['Column "n" stays long.'];
  world!.add('a', 'n int, level string');
  await until(() => columns.length === 2);
  expect(columns).toEqual(['', 'n,level']);
  expect(sink.status().tables[0]?.refusedColumns).toEqual(['Column "n" stays long.']);
  world!.append('a', 'x');
  await until(() => world!.rows.get('a')?.length === 1);
  expect(columns.length).toBe(2);
});

test('a table whose columns cannot be changed says so until they can, also while records come', async () => {
  const { sink, rows } = started({}, 'a');
  await sink.flushNow();
  world!.columnsFault = new Error('the catalog is away');
  world!.add('a', 'n int');
  await until(() => sink.status().failing !== undefined);
  const said = new Set<string | undefined>();
  for (const value of numbers(20)) {
    world!.append('a', value);
    await new Promise((resolve) => setTimeout(resolve, 3));
    said.add(sink.status().failing);
  }
  expect([...said]).toEqual(['the catalog is away']);
  world!.columnsFault = undefined;
  await until(() => rows.get('a')?.length === 20 && sink.status().failing === undefined);
});
