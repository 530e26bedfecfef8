import { expect, test } from 'vitest';
import { SimulatedDisk, systemError } from '../../../simulation/disk.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { JsonObject } from '../../../src/state/interpreters.ts';
import { fileSystemStorage, StorageStopped } from '../../../src/state/storage-files.ts';
import { world } from './world.ts';

type Step = { readonly persist: number } | { readonly clear: true };

/** Ten messages, with a clearing between; with a threshold of 3 that is several checkpoints. */
const STEPS: readonly Step[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((persist) => ({ persist })),
  { clear: true },
  ...[2, 3, 8, 9, 10].map((persist) => ({ persist })),
];

/** What the client's state must be after the first `count` steps. */
function stateAfter(count: number): JsonObject | undefined {
  let state: Record<string, number> | undefined;
  for (const step of STEPS.slice(0, count)) {
    if ('clear' in step) state = undefined;
    else state = { ...state, [`k${step.persist}`]: step.persist, last: step.persist };
  }
  return state;
}

/** Lets `operations` calls of the disk pass; then the process is dead: the next one, and all after it, do not come back. */
function dieAfter(
  disk: SimulatedDisk,
  operations: number,
): { readonly died: Promise<'died'>; readonly count: () => number } {
  let count = 0;
  let die = (): void => undefined;
  const died = new Promise<'died'>((resolve) => {
    die = () => resolve('died');
  });
  const step = (path: string): void => {
    if (++count <= operations) return;
    die();
    throw systemError('EIO', path);
  };
  disk.faults = {
    beforeWrite: step,
    beforeRead() {},
    sync: () => {
      if (++count <= operations) return Promise.resolve();
      die();
      return new Promise(() => undefined);
    },
    beforeChange: step,
  };
  return { died, count: () => count };
}

/** Runs the steps; resolves with how many were acknowledged when the process died, or all of them. */
async function run(disk: SimulatedDisk, operations: number): Promise<{ acknowledged: number; operations: number }> {
  const { died, count } = dieAfter(disk, operations);
  const { open, clock } = world(fileSystemStorage(disk));
  const log = open();
  let acknowledged = 0;
  for (const step of STEPS) {
    clock.time += acknowledged === 4 ? -5000 : 1;
    const done =
      'clear' in step
        ? log.clear('client')
        : log.persist('client', { [`k${step.persist}`]: step.persist, last: step.persist }, step.persist);
    const outcome = await Promise.race([done.catch(() => died), died]);
    if (outcome === 'died') return { acknowledged, operations: count() };
    acknowledged++;
  }
  return { acknowledged, operations: count() };
}

/** The state is that of the acknowledged steps, or the one under way is done as a whole: nothing between. */
async function check(disk: SimulatedDisk, acknowledged: number, what: string): Promise<void> {
  const { open, problems } = world(fileSystemStorage(disk));
  const log = open();
  const state = await log.retrieve('client');
  const possible = [stateAfter(acknowledged), stateAfter(Math.min(acknowledged + 1, STEPS.length))];
  expect(possible, what).toContainEqual(state);
  expect(problems, what).toEqual([]);
  expect(await log.maxMessageId('client'), what).toBe(state?.['last']);
  expect(await open().retrieve('client'), `${what}, again`).toEqual(state);
  const done = acknowledged + (JSON.stringify(state) === JSON.stringify(possible[0]) ? 0 : 1);
  for (const step of STEPS.slice(done)) {
    if ('clear' in step) await log.clear('client');
    else
      expect(
        await log.persist('client', { [`k${step.persist}`]: step.persist, last: step.persist }, step.persist),
        what,
      ).toBe(true);
  }
  expect(await open().retrieve('client'), `${what}, in the end`).toEqual(stateAfter(STEPS.length));
}

test('whatever operation of the disk is the last one, an acknowledged message is kept and none is kept in part', async () => {
  const { operations } = await run(new SimulatedDisk(), Number.POSITIVE_INFINITY);
  expect(operations).toBeGreaterThan(100);
  for (let last = 0; last < operations; last++) {
    const killed = new SimulatedDisk();
    const { acknowledged } = await run(killed, last);
    expect(acknowledged).toBeLessThan(STEPS.length);
    killed.kill();
    killed.faults = new SimulatedDisk().faults;
    await check(killed, acknowledged, `killed after ${last} operations`);
    for (let seed = 1; seed <= 6; seed++) {
      const disk = new SimulatedDisk();
      const outcome = await run(disk, last);
      disk.cut({ random: seededRandom(seed * 1000 + last), kept: [0, 0.5, 1][seed % 3]!, garbage: 0.5 });
      disk.faults = new SimulatedDisk().faults;
      await check(disk, outcome.acknowledged, `power cut after ${last} operations, seed ${seed}`);
    }
  }
});

test('the check finds a message that was acknowledged and lost', async () => {
  const disk = new SimulatedDisk();
  await run(disk, Number.POSITIVE_INFINITY);
  const directory = '/state/service/client';
  const newest = disk.list(directory).find(({ name }) => name.endsWith('_10.log') || name.startsWith('log_'));
  expect(newest).toBeDefined();
  disk.remove(`${directory}/${newest!.name}`);
  await expect(check(disk, STEPS.length, 'planted')).rejects.toThrow();
});

test('after a failed sync nothing is written any more, until a restart finds what is there', async () => {
  const disk = new SimulatedDisk();
  const { open } = world(fileSystemStorage(disk));
  const log = open();
  await log.persist('client', { n: 1 }, 1);
  const { faults } = disk;
  disk.faults = { ...faults, sync: (path) => Promise.reject(systemError('EIO', path)) };
  await expect(log.persist('client', { n: 2 }, 2)).rejects.toThrow('EIO');
  disk.faults = faults;
  await expect(log.persist('client', { n: 2 }, 2)).rejects.toBeInstanceOf(StorageStopped);
  await expect(log.clear('client')).rejects.toBeInstanceOf(StorageStopped);
  const again = world(fileSystemStorage(disk)).open();
  expect(await again.retrieve('client')).toEqual({ n: 1 });
  expect(await again.persist('client', { n: 2 }, 2)).toBe(true);
});

test('a full disk fails the message that found no room, and no other one', async () => {
  const disk = new SimulatedDisk();
  const log = world(fileSystemStorage(disk)).open();
  await log.persist('client', { n: 1 }, 1);
  const { faults } = disk;
  const full = (path: string): never => {
    throw systemError('ENOSPC', path);
  };
  disk.faults = { ...faults, beforeWrite: full };
  await expect(log.persist('client', { n: 2 }, 2)).rejects.toThrow('ENOSPC');
  disk.faults = faults;
  expect(await log.retrieve('client')).toEqual({ n: 1 });
  expect(await log.persist('client', { n: 2 }, 2)).toBe(true);
  expect(await log.retrieve('client')).toEqual({ n: 2 });
});
