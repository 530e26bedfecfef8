import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../simulation/groups-clock.ts';
import { shareSettings } from '../../../../simulation/share-settings.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import type { PartitionLane } from '../../../../src/coordination/share/partition-lane.ts';
import { SharePartitions } from '../../../../src/coordination/share/partitions.ts';
import type { PartitionLog } from '../../../../src/log/types.ts';
import { openMetadata } from '../../../../src/metadata/open.ts';
import { shareTopicIds } from '../../../../src/metadata/share.ts';
import type { SqlEngine, SqlStatement } from '../../../../src/metadata/types.ts';

const EARLIEST = new Map([['share.auto.offset.reset', 'earliest']]);
const log = (topicId = 't'): PartitionLog =>
  ({ topic: topicId, topicId, partition: 0, logStartOffset: 0, highWatermark: 100 }) as PartitionLog;

/** A store whose transactions wait until they are let go, or fail. */
class HeldStore implements SqlEngine {
  readonly inner: SqlEngine;
  readonly waiting: ((error?: Error) => void)[] = [];
  holds = false;

  constructor(inner: SqlEngine) {
    this.inner = inner;
  }

  query(...args: Parameters<SqlEngine['query']>): ReturnType<SqlEngine['query']> {
    return this.inner.query(...args);
  }

  async transaction(statements: readonly SqlStatement[]): Promise<void> {
    if (this.holds) {
      const error = await new Promise<Error | undefined>((resolve) => this.waiting.push(resolve));
      if (error !== undefined) throw error;
    }
    await this.inner.transaction(statements);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

async function world() {
  const store = new HeldStore(await openMetadata('memory:'));
  const clock = new ManualClock();
  const said: object[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void said.push(fields) };
  const options = { sql: store, clock, logger, settings: shareSettings, overrides: () => EARLIEST };
  const partitions = new SharePartitions(options);
  const lane = await partitions.open('g', log());
  return { store, clock, said, partitions, lane, again: () => new SharePartitions(options).open('g', log()) };
}

function fetch(lane: PartitionLane, memberId: string, count: number): string {
  const base = lane.nextFetchOffset;
  const request = {
    memberId,
    recordLimit: false,
    batchSize: 500,
    maxRecords: count,
    follows: false,
    fetchOffset: base,
  };
  const { ranges } = lane.acquire({ ...request, read: [{ baseOffset: base, lastOffset: base + count - 1 }] });
  return ranges.map(({ first, last, deliveryCount }) => `${first}..${last}x${deliveryCount}`).join(' ');
}

const accept = (first: number, last: number) => [{ first, last, types: [1] }];

describe('a share partition in memory', () => {
  test('acknowledgements that wait for a write share the next one', async () => {
    const { store, lane } = await world();
    fetch(lane, 'a', 30);
    store.holds = true;
    const done = [accept(0, 4), accept(10, 14), accept(5, 9)].map((batches) => lane.acknowledge('a', batches));
    expect(store.waiting.length).toBe(1);
    expect(lane.partition.start).toBe(0);
    store.waiting.shift()!();
    await done[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(lane.partition.start).toBe(5);
    expect(store.waiting.length).toBe(1);
    store.waiting.shift()!();
    expect(await Promise.all(done)).toEqual(Array(3).fill({ error: 'NONE', message: null }));
    expect(lane.partition.start).toBe(15);
  });

  test('a write that fails leaves everything as it was, and the next one may succeed', async () => {
    const { store, said, lane } = await world();
    fetch(lane, 'a', 10);
    store.holds = true;
    const failed = lane.acknowledge('a', accept(0, 9));
    store.waiting.shift()!(new Error('disk full'));
    await expect(failed).rejects.toThrow('disk full');
    expect(said).toMatchObject([{ groupId: 'g', topic: 't', partition: 0 }]);
    store.holds = false;
    expect(await lane.acknowledge('a', accept(0, 9))).toMatchObject({ error: 'NONE' });
    expect(lane.partition.start).toBe(10);
  });

  test('what is handed out while something is written stays handed out', async () => {
    const { store, lane, again } = await world();
    fetch(lane, 'a', 10);
    store.holds = true;
    const done = lane.acknowledge('a', accept(0, 9));
    expect(fetch(lane, 'b', 5)).toBe('10..14x1');
    store.waiting.shift()!();
    await done;
    expect(await lane.acknowledge('b', [{ first: 10, last: 14, types: [4] }])).toMatchObject({ error: 'NONE' });
    expect(fetch(await again(), 'c', 5)).toBe('10..14x1');
  });

  test('locks end by the clock, and whoever waits hears of it', async () => {
    const { clock, lane } = await world();
    fetch(lane, 'a', 10);
    let told = 0;
    lane.onAvailable(() => told++);
    clock.runNext(clock.now() + shareSettings.recordLockDurationMs.value);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(1);
    expect(fetch(lane, 'b', 10)).toBe('0..9x2');
  });

  test('closed, it hands out nothing and takes nothing back', async () => {
    const { partitions, lane } = await world();
    fetch(lane, 'a', 10);
    await partitions.unload(() => true);
    expect(fetch(lane, 'a', 10)).toBe('');
    await expect(lane.acknowledge('a', accept(0, 9))).rejects.toThrow('closed');
    expect(partitions.size).toBe(0);
  });

  test('rows of deleted topics go, also those that were written at the wrong moment', async () => {
    const { store, partitions } = await world();
    await partitions.open('g', log('u'));
    expect((await shareTopicIds(store)).sort()).toEqual(['t', 'u']);
    await partitions.forgetTopics((topicId) => topicId === 'u');
    expect(await shareTopicIds(store)).toEqual(['u']);
    expect(partitions.peek('g', 't', 0)).toBeUndefined();
    expect(partitions.peek('g', 'u', 0)).toBeDefined();
  });

  test('rows are changed from outside while none of the group is in memory', async () => {
    const { partitions, lane } = await world();
    const { promise, resolve } = Promise.withResolvers<void>();
    const changing = partitions.changeRows('g', () => promise);
    const opened = partitions.open('g', log());
    let isOpen = false;
    void Promise.resolve(opened).then(() => (isOpen = true));
    await new Promise((next) => setImmediate(next));
    expect(lane.isClosed).toBe(true);
    expect(isOpen).toBe(false);
    resolve();
    await changing;
    expect((await opened).isClosed).toBe(false);
  });
});
