import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { type AssignableMember, assignTasks } from '../../../src/coordination/streams/assign.ts';
import { NO_TASKS } from '../../../src/coordination/streams/tasks.ts';
import type { Tasks } from '../../../src/coordination/streams/types.ts';

const member = (memberId: string, processId = memberId, before: Tasks = NO_TASKS): AssignableMember => ({
  memberId,
  processId,
  before,
});

const text = (assignment: ReadonlyMap<string, Tasks>): Record<string, string> =>
  Object.fromEntries(
    [...assignment].map(([memberId, { active, standby }]) => {
      const shown = (tasks: Tasks['active']): string =>
        [...tasks].flatMap(([id, list]) => list.map((one) => `${id}_${one}`)).join(' ');
      return [memberId, `${shown(active)} | ${shown(standby)}`.trim()];
    }),
  );

const count = (tasks: Tasks['active']): number => [...tasks.values()].reduce((sum, list) => sum + list.length, 0);

describe('the sticky assignor of tasks', () => {
  test('spreads tasks evenly', () => {
    const assigned = assignTasks([member('a'), member('b')], [{ id: '0', tasks: 3, isStateful: false }], 0);
    expect(text(assigned)).toEqual({ a: '0_0 0_2 |', b: '0_1 |' });
  });

  test('leaves tasks where they are when a member comes', () => {
    const before = { ...NO_TASKS, active: new Map([['0', [0, 1, 2, 3]]]) };
    const assigned = assignTasks(
      [member('a', 'p', before), member('b', 'q')],
      [{ id: '0', tasks: 4, isStateful: true }],
      0,
    );
    expect(text(assigned)).toEqual({ a: '0_0 0_1 |', b: '0_2 0_3 |' });
  });

  test('makes a former standby active when the active member is gone', () => {
    const before = { ...NO_TASKS, standby: new Map([['0', [1]]]) };
    const assigned = assignTasks([member('a'), member('b', 'b', before)], [{ id: '0', tasks: 2, isStateful: true }], 0);
    expect(text(assigned)).toEqual({ a: '0_0 |', b: '0_1 |' });
  });

  test('puts standby tasks of stateful subtopologies into other processes', () => {
    const members = [member('a', 'p'), member('b', 'p'), member('c', 'q')];
    const subtopologies = [
      { id: '0', tasks: 1, isStateful: false },
      { id: '1', tasks: 2, isStateful: true },
    ];
    expect(text(assignTasks(members, subtopologies, 1))).toEqual({ a: '0_0 | 1_1', b: '1_0 |', c: '1_1 | 1_0' });
  });

  test('has no standby task where every process has the task already', () => {
    const assigned = assignTasks([member('a')], [{ id: '0', tasks: 1, isStateful: true }], 2);
    expect(text(assigned)).toEqual({ a: '0_0 |' });
  });

  test('whatever there was, every task is active once, evenly, and in one role in a process', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const subtopologies = ['0', '1'].map((id) => ({
        id,
        tasks: 1 + below(random, 6),
        isStateful: below(random, 2) === 0,
      }));
      let members = Array.from({ length: 1 + below(random, 5) }, (_, i) => member(`m${i}`, `p${below(random, 3)}`));
      for (let round = 0; round < 3; round++) {
        const assigned = assignTasks(members, subtopologies, below(random, 3));
        const counts = [...assigned.values()].map(({ active }) => count(active));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.reduce((sum, one) => sum + one, 0)).toBe(
          subtopologies.reduce((sum, { tasks }) => sum + tasks, 0),
        );
        const roles = members.flatMap(({ memberId, processId }) => {
          const { active, standby } = assigned.get(memberId) ?? NO_TASKS;
          return [active, standby].flatMap((tasks) =>
            [...tasks].flatMap(([id, list]) => list.map((one) => `${processId}/${id}_${one}`)),
          );
        });
        expect(new Set(roles).size).toBe(roles.length);
        members = members.map((one) => ({ ...one, before: assigned.get(one.memberId) ?? NO_TASKS }));
        if (members.length > 1 && below(random, 2) === 0) members = members.slice(1);
        else members.push(member(`n${seed}-${round}`, `p${below(random, 3)}`));
      }
    }
  });
});
