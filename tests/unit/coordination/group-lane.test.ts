import { describe, expect, test } from 'vitest';
import { newGroup } from '../../../src/coordination/classic/group.ts';
import { GroupLane, type Task } from '../../../src/coordination/lane.ts';
import type { GroupRecord } from '../../../src/coordination/types.ts';
import { settle } from './script/memory-driver.ts';

/** A lane whose writes are settled by hand. */
function setUp(): {
  lane: GroupLane;
  writes: { records: readonly GroupRecord[]; done: () => void; fail: () => void }[];
  log: string[];
  task: (kind: Task['kind'], name: string, records?: GroupRecord[]) => Task;
} {
  const log: string[] = [];
  const writes: { records: readonly GroupRecord[]; done: () => void; fail: () => void }[] = [];
  const write = (records: readonly GroupRecord[]): Promise<void> =>
    new Promise(
      (resolve, reject) => void writes.push({ records, done: resolve, fail: () => reject(new Error('disk')) }),
    );
  const lane = new GroupLane(write, () => void log.push('idle'));
  const task = (kind: Task['kind'], name: string, records: GroupRecord[] = []): Task => ({
    kind,
    decide: () => ({ records, apply: () => void log.push(name) }),
    fail: (error) => void log.push(`${name} failed: ${error.message}`),
  });
  return { lane, writes, log, task };
}

const offset = (partition: number, value: number): GroupRecord => ({
  kind: 'offset',
  groupId: 'g',
  topic: 't',
  partition,
  value: {
    topicId: 'id',
    offset: value,
    leaderEpoch: -1,
    metadata: '',
    commitTimestamp: 1,
    expireTimestamp: undefined,
  },
});
const removed: GroupRecord = { kind: 'offset-removed', groupId: 'g', topic: 't', partition: 0 };
const saved: GroupRecord = { kind: 'group', group: newGroup('g', 1), state: '{}', updated: 1 };

describe('a lane', () => {
  test('a commit is visible only when it is durable', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('commit', 'commit', [offset(0, 5)]));
    await settle();
    expect(lane.offsets.size).toBe(0);
    writes[0]?.done();
    await settle();
    expect(lane.offsets.get('t')?.get(0)?.offset).toBe(5);
    expect(log).toEqual(['commit', 'idle']);
  });

  test('commits that come while one is written share the next transaction', async () => {
    const { lane, writes, log, task } = setUp();
    for (let i = 0; i < 4; i++) lane.submit(task('commit', `c${i}`, [offset(0, i)]));
    writes[0]?.done();
    await settle();
    expect(writes.map(({ records }) => records.length)).toEqual([1, 3]);
    writes[1]?.done();
    await settle();
    expect(log).toEqual(['c0', 'c1', 'c2', 'c3', 'idle']);
    expect(lane.offsets.get('t')?.get(0)?.offset).toBe(3);
  });

  test('after a failed write of the group nobody knows what is stored, until all of it is written', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('step', 'sync', [saved]));
    writes[0]?.fail();
    await settle();
    lane.submit(task('commit', 'commit', [offset(0, 1)]));
    writes[1]?.done();
    await settle();
    expect(lane.isUncertain).toBe(true);
    lane.submit(task('step', 'delete an offset', [removed]));
    writes[2]?.done();
    await settle();
    expect(lane.isUncertain).toBe(true);
    lane.submit(task('step', 'sync 2', [{ kind: 'members-removed', groupId: 'g' }, saved]));
    writes[3]?.done();
    await settle();
    expect(lane.isUncertain).toBe(false);
    const done = ['commit', 'idle', 'delete an offset', 'idle', 'sync 2', 'idle'];
    expect(log).toEqual(['sync failed: disk', 'idle', ...done]);
  });

  test('what writes nothing does not wait for commits, but for a write of the group', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('commit', 'commit', [offset(0, 1)]));
    lane.submit(task('step', 'heartbeat'));
    expect(log).toEqual(['heartbeat']);
    writes[0]?.done();
    await settle();
    lane.submit(task('step', 'sync', [saved]));
    lane.submit(task('step', 'heartbeat 2'));
    expect(log).toEqual(['heartbeat', 'commit', 'idle']);
    writes[1]?.done();
    await settle();
    expect(log).toEqual(['heartbeat', 'commit', 'idle', 'sync', 'heartbeat 2', 'idle']);
  });

  test('a write of the group waits for the commits before it, and the commits after it wait for it', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('commit', 'c1', [offset(0, 1)]));
    lane.submit(task('step', 'sync', [saved]));
    lane.submit(task('commit', 'c2', [offset(0, 2)]));
    lane.submit(task('commit', 'c3', [offset(0, 3)]));
    for (let i = 0; i < 3; i++) {
      expect(writes.length).toBe(i + 1);
      writes[i]?.done();
      await settle();
    }
    expect(log).toEqual(['c1', 'sync', 'c2', 'c3', 'idle']);
  });

  test('a failed write changes nothing and fails those that shared it', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('commit', 'c1', [offset(0, 1)]));
    lane.submit(task('commit', 'c2', [offset(0, 2)]));
    lane.submit(task('commit', 'c3', [offset(0, 3)]));
    writes[0]?.done();
    await settle();
    writes[1]?.fail();
    await settle();
    expect(log).toEqual(['c1', 'c2 failed: disk', 'c3 failed: disk', 'idle']);
    expect(lane.offsets.get('t')?.get(0)?.offset).toBe(1);
  });

  test('a barrier waits for everything before it', async () => {
    const { lane, writes, log, task } = setUp();
    lane.submit(task('commit', 'commit', [offset(0, 1)]));
    lane.submit(task('barrier', 'barrier'));
    expect(log).toEqual([]);
    writes[0]?.done();
    await settle();
    expect(log).toEqual(['commit', 'barrier', 'idle']);
  });

  test('a bug in a task fails that task only', () => {
    const { lane, log, task } = setUp();
    const broken = task('step', 'broken');
    lane.submit({
      ...broken,
      decide: () => {
        throw new Error('bug');
      },
    });
    lane.submit(task('step', 'next'));
    expect(log).toEqual(['broken failed: bug', 'idle', 'next', 'idle']);
  });
});
