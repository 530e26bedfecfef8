import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { brokerHealth, type HealthSubjects } from '../../../src/broker/health.ts';
import type { JobView } from '../../../src/processor/jobs/types.ts';

/** Nobody waits: what does not answer is late at once. */
const clock: Clock = {
  ...systemClock,
  now: () => 1_000_000_000,
  after: (_delay, task) => {
    const handle = setImmediate(task);
    return { cancel: () => clearImmediate(handle) };
  },
};

const KINDS = [
  { name: 'packs', area: 'flush' },
  { name: 'compaction', area: 'compaction' },
  { name: 'garbage', area: 'system' },
  { name: 'verify', area: 'system' },
].map((kind) => ({ ...kind, summary: '', priority: 1, concurrency: 1, paused: false })) as never;

const job = (kind: string, change: Partial<JobView>): JobView => ({
  id: `${kind}-1`,
  kind,
  key: '',
  state: 'waiting',
  failures: 1,
  queuedAt: clock.now(),
  ...change,
});

type Change = Partial<Omit<HealthSubjects, 'jobs'>> & { readonly jobList?: readonly JobView[] };

/** The parts of a broker that is well but for what is said. */
async function health({
  jobList = [],
  ...change
}: Change): Promise<Record<string, { status: string; reason?: string }>> {
  const subjects: HealthSubjects = {
    clock,
    log: { failure: undefined, wal: { bytesOnDisk: 1, maxBytes: 2, overLimit: false } },
    sql: { query: () => Promise.resolve([]) },
    store: { head: () => Promise.resolve(undefined) },
    packs: { status: () => ({ waiting: 0 }) as never },
    text: { status: () => Promise.resolve({ backlog: 0, memoryBytes: 0 } as never) },
    tables: {
      status: () => Promise.resolve({ tables: [], lag: 0, memoryBytes: 0 } as never),
      askCatalog: () => Promise.resolve(true),
    },
    jobs: { jobs: () => jobList, kinds: () => KINDS },
    doors: () => ({ name: 'doors', status: 'ok' }),
    ...change,
  };
  const parts = await brokerHealth(subjects).parts();
  return Object.fromEntries(parts.map(({ name, ...rest }) => [name, rest]));
}

const unwell = (parts: Awaited<ReturnType<typeof health>>): object =>
  Object.fromEntries(
    Object.entries(parts)
      .filter(([, { status }]) => status !== 'ok')
      .map(([name, { status, reason }]) => [name, `${status}: ${reason}`]),
  );

test('a broker that is well says so of each part', async () => {
  const parts = await health({});
  expect(Object.keys(parts).sort()).toEqual(
    ['catalog', 'compaction', 'doors', 'flush', 'index', 'metadata', 'objects', 'queues', 'wal'].sort(),
  );
  expect(unwell(parts)).toEqual({});
});

test('a log that stopped fails; one that is too large, or has no room to grow, is degraded', async () => {
  const wal = { bytesOnDisk: 3, maxBytes: 2, overLimit: true };
  const narrow = { bytesOnDisk: 1, maxBytes: 2, overLimit: false, trouble: new Error('ENOSPC') };
  expect(unwell(await health({ log: { failure: undefined, wal: narrow } }))).toEqual({
    wal: 'degraded: no file can be made for the log, and appends are refused as soon as those that are there are full: ENOSPC',
  });
  expect(unwell(await health({ log: { failure: new Error('EIO'), wal } }))).toEqual({
    wal: 'failing: appends are refused until a restart: EIO',
  });
  expect(unwell(await health({ log: { failure: undefined, wal } }))).toEqual({
    wal: 'degraded: the log is larger than wal.max.bytes; packing cannot keep up',
  });
});

test('a store, a catalog and a database that do not answer are said to, and nobody waits for them', async () => {
  const never = new Promise<never>(() => {});
  const tables = {
    status: () => Promise.resolve({ tables: [], lag: 0, memoryBytes: 0 } as never),
    askCatalog: () => never,
  };
  const store = { head: () => Promise.reject(new Error('ECONNREFUSED')) };
  expect(unwell(await health({ sql: { query: () => never }, store, tables }))).toEqual({
    metadata: 'failing: it does not answer',
    objects: 'degraded: ECONNREFUSED',
    catalog: 'degraded: it does not answer',
  });
});

test('tables and packs that do not get on degrade flush, each with its reason, and the job of one is not told again', async () => {
  const status = { lag: 5, memoryBytes: 1, failing: 'no catalog', tables: [{ topic: 'logs', failing: 'no catalog' }] };
  const parts = await health({
    packs: { status: () => ({ failing: 'ENOSPC', waiting: 3 }) as never },
    tables: { status: () => Promise.resolve(status as never), askCatalog: () => Promise.resolve(true) },
    jobList: [job('packs', { reason: 'ENOSPC' })],
  });
  expect(unwell(parts)).toEqual({
    flush:
      'degraded: packs cannot be stored, will try again: ENOSPC; the table of logs does not get on, will try again: no catalog',
  });
  expect(parts['flush']).toMatchObject({ details: { waitingSegments: 3, tableLag: 5 } });
});

test('a table thread that died degrades flush although it has no tables to tell of', async () => {
  const status = { tables: [], lag: 0, memoryBytes: 0, failing: 'out of memory' };
  const tables = { status: () => Promise.resolve(status as never), askCatalog: () => Promise.resolve(true) };
  expect(unwell(await health({ tables }))).toEqual({
    flush: 'degraded: topics are not put into tables: out of memory',
  });
});

test('jobs that fail degrade the part of their area, those kept aside the queues', async () => {
  const jobList = [
    job('compaction', { failures: 3, reason: 'a pack is corrupt' }),
    job('garbage', { reason: 'no store' }),
    job('verify', { id: 'verify-7', key: 'logs-0', state: 'quarantined', failures: 2, reason: 'damaged' }),
  ];
  expect(unwell(await health({ jobList }))).toEqual({
    compaction: 'degraded: compaction failed 3 times, will try again: a pack is corrupt',
    queues:
      "degraded: verify of logs-0 is kept aside until 'quarry processor release verify-7': damaged; garbage failed once, will try again: no store",
  });
});

test('a job that does not come to its turn is told, and many reasons are cut short', async () => {
  const late = job('garbage', { state: 'queued', failures: 0, queuedAt: clock.now() - 700_000 });
  expect(unwell(await health({ jobList: [late] }))).toEqual({
    queues: 'degraded: jobs that wait for their turn for more than ten minutes: 1',
  });
  const failing = Array.from({ length: 9 }, (_, n) => job('garbage', { key: `k${n}`, reason: 'x' }));
  expect((await health({ jobList: failing }))['queues']?.reason?.split('; ')).toHaveLength(6);
});
