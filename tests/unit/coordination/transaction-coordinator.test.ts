import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { TransactionCoordinator } from '../../../src/coordination/transactions/coordinator.ts';
import type { TransactionLog } from '../../../src/coordination/transactions/ports.ts';
import { LogError, type TransactionEnd } from '../../../src/log/types.ts';
import { SqlUnavailable } from '../../../src/metadata/errors.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { transactionSettings } from '../kafka/transactions.ts';
import { settle } from './script/memory-driver.ts';

const T0 = { topic: 't', topicId: 'dHRpdHRpdHRpdHRpdHRpdA', partition: 0 };

/** A coordinator over a store and a log that can be made to fail. */
async function open({ timers = true } = {}) {
  const inner = openInlineSqlite(':memory:');
  const clock = new ManualClock();
  const world = {
    failing: 0,
    /** Transactions that take place although they are reported as failed. */
    lying: 0,
    /** By how much the wall clock is wrong. */
    skewMs: 0,
    /** The write after the markers fails. */
    losesCompletion: false,
    full: false,
    gone: false,
    markers: [] as TransactionEnd[],
  };
  const sql: SqlEngine = {
    query: (text, params) => inner.query(text, params),
    async transaction(statements) {
      if (world.failing > 0) {
        world.failing--;
        throw new SqlUnavailable('disk full');
      }
      await inner.transaction(statements);
      if (world.lying > 0) {
        world.lying--;
        throw new SqlUnavailable('no answer');
      }
    },
    close: () => inner.close(),
  };
  const partition = {
    endTransaction(end: TransactionEnd) {
      if (world.full) throw new LogError('KAFKA_STORAGE_ERROR', 'disk full');
      world.markers.push(end);
      if (world.losesCompletion) world.failing = 1;
      const appended = { baseOffset: 0, lastOffset: 0, logAppendTime: -1, logStartOffset: 0, duplicate: false };
      return { ...appended, durable: Promise.resolve() };
    },
  };
  const log: TransactionLog = {
    partitionById: () => (world.gone ? undefined : partition),
    openTransactions: () => [],
  };
  let nextId = 0;
  const coordinator = await TransactionCoordinator.open({
    sql,
    clock: {
      now: () => clock.now() + world.skewMs,
      monotonic: () => clock.monotonic(),
      after: (delayMs, task) => clock.after(delayMs, task),
    },
    logger: silentLogger,
    metrics: createMetrics(),
    log,
    groups: {
      holdOffsets: () => Promise.resolve({ error: 'NONE', errors: [] }),
      releaseOffsets() {},
      heldOffsets: () => [],
    },
    producerIds: { next: () => Promise.resolve(nextId++) },
    reached() {},
    settings: transactionSettings,
  });
  if (timers) await coordinator.start();
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    do await settle();
    while (clock.runNext(end));
  };
  const init = () => coordinator.initProducer({ transactionalId: 'x', timeoutMs: 60_000, expected: undefined });
  return { world, coordinator, pass, init, inner, clock };
}

const who = { transactionalId: 'x', producerId: 0, producerEpoch: 0 };
const add = { ...who, partitions: [T0], groups: [], raisesEpoch: false };
const commit = { ...who, commit: true, raisesEpoch: true };

describe('when the store fails', () => {
  test('nothing has happened, and the producer may ask again', async () => {
    const { world, coordinator, init } = await open();
    await init();
    world.failing = 1;
    expect(await coordinator.add(add)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(coordinator.transaction('x')?.state).toBe('Empty');
    expect(await coordinator.add(add)).toBe('NONE');
    world.failing = 1;
    expect((await coordinator.end(commit)).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.markers).toEqual([]);
    expect(await coordinator.end(commit)).toEqual({ error: 'NONE', producerId: 0, producerEpoch: 1 });
    expect(world.markers).toMatchObject([{ producerId: 0, producerEpoch: 1, commit: true }]);
  });

  test('after a decision it is carried out all the same', async () => {
    const { world, coordinator, init, pass } = await open();
    await init();
    await coordinator.add(add);
    world.full = true;
    expect((await coordinator.end(commit)).error).toBe('NONE');
    expect(coordinator.transaction('x')?.state).toBe('PrepareCommit');
    expect(coordinator.enlist({ ...who, producerEpoch: 1, adds: true }, T0)).toBe('CONCURRENT_TRANSACTIONS');
    world.full = false;
    await pass(1500);
    expect(coordinator.transaction('x')?.state).toBe('CompleteCommit');
    expect(world.markers).toHaveLength(1);
  });
});

describe('a decision whose write was reported as failed', () => {
  test('counts when it is stored, though the clock has gone back since the transaction began', async () => {
    const { world, coordinator, init } = await open();
    await init();
    await coordinator.add(add);
    world.skewMs = -10_000;
    world.lying = 1;
    expect((await coordinator.end(commit)).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect((await init()).error).toBe('NONE');
    expect(world.markers).toMatchObject([{ producerId: 0, producerEpoch: 1, commit: true }]);
  });

  test('is not that of the transaction before, though the clock has gone back since', async () => {
    const { world, coordinator, init, pass } = await open();
    await init();
    await coordinator.add(add);
    world.losesCompletion = true;
    expect((await coordinator.end(commit)).error).toBe('NONE');
    await pass(0);
    world.losesCompletion = false;
    world.skewMs = -10_000;
    expect(coordinator.enlist({ ...who, producerEpoch: 1, adds: true }, T0)).toBe('NONE');
    world.failing = 1;
    expect((await coordinator.end({ ...commit, producerEpoch: 1 })).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect((await init()).error).toBe('CONCURRENT_TRANSACTIONS');
    expect(world.markers.slice(1)).toMatchObject([{ producerEpoch: 2, commit: false }]);
  });
});

test('records wait while their transaction is being ended, and are then judged by what holds', async () => {
  const { coordinator, init } = await open();
  await init();
  const participant = { ...who, adds: true };
  expect(coordinator.enlist(participant, T0)).toBe('NONE');
  const ending = coordinator.end(commit);
  const verdict = coordinator.enlist(participant, T0);
  expect(verdict).toBeInstanceOf(Promise);
  await verdict;
  await ending;
  expect(coordinator.enlist(participant, T0)).toBe('PRODUCER_FENCED');
  expect(coordinator.enlist({ ...participant, producerEpoch: 1 }, T0)).toBe('NONE');
});

test('a transaction whose topic is gone can be ended', async () => {
  const { world, coordinator, init } = await open();
  await init();
  expect(coordinator.enlist({ ...who, adds: true }, T0)).toBe('NONE');
  world.gone = true;
  expect((await coordinator.end(commit)).error).toBe('NONE');
  expect(coordinator.transaction('x')?.state).toBe('CompleteCommit');
});

test('an id that nobody uses is forgotten after its time, one with a transaction is not', async () => {
  const { coordinator, init, inner, clock } = await open({ timers: false });
  const passWithout = (ms: number) => clock.runNext(clock.now() + ms);
  await init();
  await coordinator.add(add);
  passWithout(2 * transactionSettings.expirationMs);
  await coordinator.removeExpired();
  expect(coordinator.transaction('x')?.state).toBe('Ongoing');
  await coordinator.end(commit);
  passWithout(transactionSettings.expirationMs - 1);
  await coordinator.removeExpired();
  expect(coordinator.transaction('x')?.state).toBe('CompleteCommit');
  passWithout(1);
  await coordinator.removeExpired();
  expect(coordinator.transaction('x')).toBeUndefined();
  expect(await inner.query('SELECT * FROM transactions')).toEqual([]);
  expect((await coordinator.end(commit)).error).toBe('INVALID_PRODUCER_ID_MAPPING');
});
