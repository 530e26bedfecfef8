import { describe, expect, test } from 'vitest';
import { assign } from '../../../../src/coordination/share/assignor.ts';
import { newShareGroup, type ShareGroup, type ShareMember } from '../../../../src/coordination/share/group.ts';
import type { GroupTopics } from '../../../../src/coordination/types.ts';

function topicsOf(partitions: Readonly<Record<string, number>>): GroupTopics {
  const all = Object.entries(partitions).map(([name, count]) => ({ name, topicId: `${name}-id`, partitions: count }));
  const find = (by: 'name' | 'topicId') => (text: string) => all.find((topic) => topic[by] === text);
  return { byName: find('name'), byId: find('topicId'), all: () => all, version: () => 1 };
}

function member(
  memberId: string,
  topics: readonly string[],
  own: Readonly<Record<string, number[]>> = {},
): ShareMember {
  return {
    memberId,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: topics,
    epoch: 1,
    previousEpoch: 0,
    assignment: new Map(Object.entries(own).map(([name, partitions]) => [`${name}-id`, partitions])),
    assignedIn: 1,
  };
}

function groupOf(...members: ShareMember[]): ShareGroup {
  return { ...newShareGroup('g'), members: new Map(members.map((one) => [one.memberId, one])) };
}

/** `a=t0,t1 b=t2` */
function text(group: ShareGroup, topics: GroupTopics): string {
  return [...assign(group, topics)]
    .map(([memberId, assignment]) => {
      const own = [...assignment].flatMap(([topicId, partitions]) =>
        partitions.map((partition) => `${topics.byId(topicId)?.name}${partition}`),
      );
      return `${memberId}=${own.join(',')}`;
    })
    .join(' ');
}

describe('the assignor of share groups', () => {
  test('shares partitions evenly among few members', () => {
    const group = groupOf(member('a', ['t']), member('b', ['t']));
    expect(text(group, topicsOf({ t: 5 }))).toBe('a=t0,t1,t2 b=t3,t4');
  });

  test('gives every member a partition, and every partition as many members', () => {
    const group = groupOf(...['a', 'b', 'c'].map((id) => member(id, ['t'])));
    expect(text(group, topicsOf({ t: 2 }))).toBe('a=t0,t1 b=t0 c=t1');
  });

  test('leaves members what they have as far as that is fair', () => {
    const group = groupOf(member('a', ['t'], { t: [1, 3] }), member('b', ['t'], { t: [0, 2] }), member('c', ['t']));
    expect(text(group, topicsOf({ t: 4 }))).toBe('a=t1,t3 b=t0 c=t2');
  });

  test('shares all topics of one subscription together, and each topic by itself where subscriptions differ', () => {
    const topics = topicsOf({ t: 1, u: 1 });
    expect(text(groupOf(member('a', ['t', 'u']), member('b', ['t', 'u'])), topics)).toBe('a=t0 b=u0');
    expect(text(groupOf(member('a', ['t']), member('b', ['t', 'u'])), topics)).toBe('a=t0 b=t0,u0');
  });

  test('forgets what is not subscribed any more, or not there', () => {
    const group = groupOf(member('a', ['t', 'gone'], { u: [0], gone: [0] }));
    expect(text(group, topicsOf({ t: 1, u: 1 }))).toBe('a=t0');
  });

  test.each([
    [7, 3],
    [3, 7],
    [10, 10],
    [1, 9],
    [9, 1],
  ])('%i members and %i partitions: the difference is at most one', (members, partitions) => {
    const group = groupOf(...Array.from({ length: members }, (_, i) => member(`m${i}`, ['t'])));
    const sizes = [...assign(group, topicsOf({ t: partitions })).values()].map((own) => own.get('t-id')?.length ?? 0);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    const used = new Set(
      [...assign(group, topicsOf({ t: partitions })).values()].flatMap((own) => own.get('t-id') ?? []),
    );
    expect(used.size).toBe(partitions);
  });
});
