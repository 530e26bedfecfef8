import { expect, test } from 'vitest';
import { memoryDisk } from '../../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { JobMemory } from '../../../../src/processor/jobs/job-memory.ts';
import { DurableDocument } from '../../../../src/processor/jobs/kept-document.ts';
import { Scheduler } from '../../../../src/processor/jobs/scheduler.ts';
import type { JobKind } from '../../../../src/processor/jobs/types.ts';
import { fileSystemStorage, jsonMergeInterpreter, type Storage, WriteAheadLog } from '../../../../src/state/index.ts';
import { ManualClock } from '../manual-clock.ts';

const kind = (name: string, more: Partial<JobKind> = {}): JobKind => ({
  name,
  summary: 'Work.',
  area: 'system',
  priority: 0,
  concurrency: 1,
  retry: { baseMs: 10, maxMs: 10, factor: 1 },
  quarantineAfter: 1,
  run: () => Promise.resolve(),
  ...more,
});

/** What outlives the processes that `start` begins. */
function machine(storage: Storage = fileSystemStorage(memoryDisk())) {
  const clock = new ManualClock();
  const start = async (...kinds: JobKind[]): Promise<Scheduler> => {
    const log = new WriteAheadLog({
      stateInterpreter: jsonMergeInterpreter,
      storage,
      serviceName: 'processor',
      baseDir: 'state',
      clock,
    });
    const open = (name: string) => DurableDocument.open(log, name, silentLogger);
    const memory = new JobMemory(await open('decisions'), await open('progress'));
    const parts = { clock, random: seededRandom(1), logger: silentLogger, metrics: createMetrics() };
    const jobs = new Scheduler({ ...parts, maxRunning: 4, memory });
    for (const one of kinds) jobs.define(one);
    return jobs;
  };
  return { clock, start };
}

const stateOf = (jobs: Scheduler) => ({
  paused: jobs.kinds().flatMap(({ name, paused }) => (paused ? [name] : [])),
  aside: jobs.jobs().map(({ kind, key, state, reason }) => [kind, key, state, reason]),
  allPaused: jobs.allPaused,
});

test('pauses and what is kept aside outlive a restart, also of a kind that is not there for a while', async () => {
  const { start } = machine();
  const bad = kind('b', { run: () => Promise.reject(new Error('it is broken')) });
  const first = await start(kind('a'), bad);
  first.pause('a');
  expect(await first.run('b', 'x')).toMatchObject({ state: 'quarantined' });
  first.quarantine('a', 'y', 'looks odd');
  await first.stop();

  const between = await start(kind('a'));
  between.pause('a');
  between.release(between.jobs()[0]?.id ?? '');
  between.quarantine('a', 'z', 'odd as well');
  await between.remembered();

  const last = await start(kind('a'), bad);
  expect(stateOf(last)).toEqual({
    paused: ['a'],
    aside: [
      ['a', 'z', 'quarantined', 'odd as well'],
      ['b', 'x', 'quarantined', 'it is broken'],
    ],
    allPaused: false,
  });
  last.cancel(last.jobs()[0]?.id ?? '');
  last.resume('a');
  await last.remembered();
  expect(stateOf(await start(kind('a')))).toEqual({ paused: [], aside: [], allPaused: false });
});

test('a pause of everything is ended by a resume of everything, not of one kind', async () => {
  const { start } = machine();
  const first = await start(kind('a'), kind('b'));
  first.pause();
  first.resume('a');
  await first.remembered();
  const second = await start(kind('a'), kind('b'));
  expect(stateOf(second)).toMatchObject({ paused: ['b'], allPaused: true });
  second.resume();
  await second.remembered();
  expect(stateOf(await start(kind('a'), kind('b')))).toMatchObject({ paused: [], allPaused: false });
});

test('long work that a stop cut off goes on where it was, and begins anew when it was done', async () => {
  const { start } = machine();
  const begun: unknown[] = [];
  let end = 3;
  const walk = kind('walk', {
    async run(_key, { position, checkpoint, signal }) {
      begun.push(position);
      for (let at = Number(position?.['at'] ?? 0); at < end; at++) checkpoint({ at: at + 1 });
      if (end < 10)
        await new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const first = await start(walk);
  first.submit('walk');
  await new Promise((resolve) => setImmediate(resolve));
  await first.stop();
  end = 10;
  const second = await start(walk);
  expect(await second.run('walk')).toEqual({ state: 'finished' });
  await second.stop();
  await (await start(walk)).run('walk');
  expect(begun).toEqual([undefined, { at: 3 }, undefined]);
});

test('a position is written now and then while the work goes on: a crash loses seconds of it', async () => {
  const { start, clock } = machine();
  const begun: unknown[] = [];
  const walk = kind('walk', {
    async run(_key, { position, checkpoint }) {
      begun.push(position);
      for (let at = 1; position === undefined; at++) {
        checkpoint({ at });
        await new Promise<void>((resolve) => void clock.after(1000, resolve));
      }
    },
  });
  (await start(walk)).submit('walk');
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(25_000);
  await (await start(walk)).run('walk'); // The first was not stopped: its process is thought to be dead.
  const [, at] = begun as { at: number }[];
  expect(at?.at).toBeGreaterThan(10);
});

test('the pause of rare work counts over restarts, that of other work does not', async () => {
  const { start, clock } = machine();
  const runs: string[] = [];
  const every = (name: string, more: Partial<JobKind>): JobKind =>
    kind(name, { everyMs: () => 1000, run: async () => void runs.push(name), ...more });
  const begin = async (): Promise<Scheduler> => {
    const jobs = await start(every('rare', { pauseOutlivesRestart: true }), every('often', {}));
    jobs.start();
    return jobs;
  };
  const first = await begin();
  await clock.advance(1000);
  await first.stop();
  expect(runs.splice(0).sort()).toEqual(['often', 'rare']);
  for (let restart = 0; restart < 3; restart++) {
    const jobs = await begin();
    await clock.advance(400);
    await jobs.stop();
  }
  expect(runs).toEqual(['rare']);
});

test('the first run of rare work comes though every run of the process is shorter than its pause', async () => {
  const { start, clock } = machine();
  let runs = 0;
  for (let restart = 0; restart < 4; restart++) {
    const jobs = await start(
      kind('rare', { pauseOutlivesRestart: true, everyMs: () => 1000, run: async () => void runs++ }),
    );
    jobs.start();
    await clock.advance(300);
    await jobs.stop();
  }
  expect(runs).toBe(1);
});

test('whoever decides something learns when it cannot be kept', async () => {
  const storage = fileSystemStorage(memoryDisk());
  let broken = false;
  const { start } = machine({
    makeDirectory: (path) => storage.makeDirectory(path),
    list: (path) => storage.list(path),
    read: (path) => storage.read(path),
    remove: (paths) => storage.remove(paths),
    removeDirectory: (path) => storage.removeDirectory(path),
    write: (path, content) => (broken ? Promise.reject(new Error('no space')) : storage.write(path, content)),
  });
  const jobs = await start(kind('a'));
  broken = true;
  jobs.pause('a');
  await expect(jobs.remembered()).rejects.toThrow('no space');
  expect(stateOf(jobs).paused).toEqual(['a']);
  broken = false;
  await jobs.remembered();
  expect(stateOf(await start(kind('a'))).paused).toEqual(['a']);
});

test('what is decided is kept, although what an earlier run kept could not be read at the start', async () => {
  const storage = fileSystemStorage(memoryDisk());
  let broken = false;
  const { start } = machine({
    makeDirectory: (path) => storage.makeDirectory(path),
    list: (path) => storage.list(path),
    read: (path) => (broken ? Promise.reject(new Error('too many open files')) : storage.read(path)),
    remove: (paths) => storage.remove(paths),
    removeDirectory: (path) => storage.removeDirectory(path),
    write: (path, content) => storage.write(path, content),
  });
  const first = await start(kind('a'), kind('b'));
  for (const name of ['a', 'b', 'a', 'b']) {
    first.pause(name);
    await first.remembered();
    first.resume(name);
    await first.remembered();
  }
  broken = true;
  const second = await start(kind('a'), kind('b'));
  broken = false;
  second.pause('a');
  await second.remembered();
  expect(stateOf(await start(kind('a'), kind('b'))).paused).toEqual(['a']);
});
