import { describe, expect, test } from 'vitest';
import { rangeAssignor } from '../../../src/coordination/assignors/range.ts';
import type { Assignor, AssignorInput, AssignorMember } from '../../../src/coordination/assignors/types.ts';
import { uniformAssignor } from '../../../src/coordination/assignors/uniform.ts';
import type { Partitions } from '../../../src/coordination/partitions.ts';
import { below, seededRandom } from '../../../src/base/random.ts';

function member(memberId: string, topics: string[], before: Partitions = new Map()): AssignorMember {
  return { memberId, instanceId: null, topics: new Set(topics), before };
}

const text = (assignment: ReadonlyMap<string, Partitions>): Record<string, string> =>
  Object.fromEntries(
    [...assignment].map(([memberId, topics]) => [
      memberId,
      [...topics].map(([topic, list]) => `${topic}:${list.join('')}`).join(' '),
    ]),
  );

const countOf = (partitions: Partitions | undefined): number =>
  [...(partitions?.values() ?? [])].reduce((sum, list) => sum + list.length, 0);

describe('the range assignor', () => {
  test('gives every subscriber a range of every topic, the first ones one more', () => {
    const input = {
      members: [member('a', ['t', 'u']), member('b', ['t', 'u'])],
      partitionCounts: new Map([
        ['t', 3],
        ['u', 3],
      ]),
    };
    expect(text(rangeAssignor.assign(input))).toEqual({ a: 't:01 u:01', b: 't:2 u:2' });
  });

  test('puts static members first, by instance id', () => {
    const late = { ...member('z', ['t']), instanceId: 'i1' };
    const later = { ...member('y', ['t']), instanceId: 'i2' };
    const input = { members: [member('a', ['t']), later, late], partitionCounts: new Map([['t', 3]]) };
    expect(text(rangeAssignor.assign(input))).toEqual({ z: 't:0', y: 't:1', a: 't:2' });
  });

  test('counts only those who subscribe the topic', () => {
    const input = {
      members: [member('a', ['t']), member('b', ['u'])],
      partitionCounts: new Map([
        ['t', 2],
        ['u', 1],
      ]),
    };
    expect(text(rangeAssignor.assign(input))).toEqual({ a: 't:01', b: 'u:0' });
  });
});

describe('the uniform assignor', () => {
  test('moves no more than it must when a member comes', () => {
    const before = new Map([['t', [0, 1, 2, 3]]]);
    const input = { members: [member('a', ['t'], before), member('b', ['t'])], partitionCounts: new Map([['t', 4]]) };
    expect(text(uniformAssignor.assign(input))).toEqual({ a: 't:01', b: 't:23' });
  });

  test('lets those who have one more keep it', () => {
    const members = [member('a', ['t']), member('b', ['t'], new Map([['t', [1, 2]]]))];
    expect(text(uniformAssignor.assign({ members, partitionCounts: new Map([['t', 3]]) }))).toEqual({
      b: 't:12',
      a: 't:0',
    });
  });

  test('evens out members with different subscriptions', () => {
    const members = [
      member(
        'a',
        ['t', 'u'],
        new Map([
          ['t', [0, 1]],
          ['u', [0, 1, 2, 3]],
        ]),
      ),
      member('b', ['u']),
    ];
    const input = {
      members,
      partitionCounts: new Map([
        ['t', 2],
        ['u', 4],
      ]),
    };
    const assignment = uniformAssignor.assign(input);
    expect([countOf(assignment.get('a')), countOf(assignment.get('b'))]).toEqual([3, 3]);
    expect(assignment.get('a')?.get('t')).toEqual([0, 1]);
  });
});

/** Random members, some of whom had partitions of a former assignment, of topics that may have changed since. */
function randomInput(seed: number, isMixed: boolean): AssignorInput {
  const random = seededRandom(seed);
  const names = ['t', 'u', 'v'];
  const partitionCounts = new Map(names.map((name) => [name, 1 + below(random, 9)]));
  const members = Array.from({ length: 1 + below(random, 6) }, (_, index) => {
    const topics = isMixed ? names.filter(() => below(random, 2) === 0) : names;
    return member(`m${index}`, topics.length === 0 ? ['t'] : topics);
  });
  const owned = members.map((): Map<string, number[]> => new Map());
  for (const name of ['t', 'u', 'gone']) {
    for (let partition = 0; partition < 12; partition++) {
      const own = owned[below(random, members.length + 1)];
      if (own !== undefined) own.set(name, [...(own.get(name) ?? []), partition]);
    }
  }
  const subscribed = new Set(members.flatMap(({ topics }) => [...topics]));
  return {
    members: members.map((one, index) => ({ ...one, before: owned[index] ?? new Map() })),
    partitionCounts: new Map([...partitionCounts].filter(([name]) => subscribed.has(name))),
  };
}

function check(assignor: Assignor, input: AssignorInput): ReadonlyMap<string, Partitions> {
  const assignment = assignor.assign(input);
  const seen = new Set<string>();
  for (const { memberId, topics } of input.members) {
    for (const [topicId, partitions] of assignment.get(memberId) ?? []) {
      expect(topics.has(topicId)).toBe(true);
      for (const partition of partitions) {
        expect(seen.has(`${topicId}/${partition}`)).toBe(false);
        seen.add(`${topicId}/${partition}`);
      }
    }
  }
  const total = [...input.partitionCounts.values()].reduce((sum, count) => sum + count, 0);
  expect(seen.size).toBe(total);
  return assignment;
}

describe('whatever members subscribe and had', () => {
  test.each([rangeAssignor, uniformAssignor])('$name gives every partition to one subscriber', (assignor) => {
    for (let seed = 1; seed <= 200; seed++) check(assignor, randomInput(seed, seed % 2 === 0));
  });

  test('uniform gives members with the same subscription the same number, or one more', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const input = randomInput(seed, false);
      const counts = [...check(uniformAssignor, input).values()].map(countOf);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  test('uniform changes nothing when it is asked again', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const input = randomInput(seed, seed % 2 === 0);
      const first = uniformAssignor.assign(input);
      const members = input.members.map((one) => ({ ...one, before: first.get(one.memberId) ?? new Map() }));
      expect(new Map(uniformAssignor.assign({ ...input, members }))).toEqual(first);
    }
  });
});
