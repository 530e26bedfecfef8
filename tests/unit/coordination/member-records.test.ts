import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as consumer from '../../../src/coordination/consumer/record.ts';
import * as streams from '../../../src/coordination/streams/record.ts';
import type { GroupRecord, StoredGroup } from '../../../src/coordination/types.ts';

/** The rows of a group as one JSON: what the group row has, and what each member row has. */
function fixture(name: string): { text: string; stored: StoredGroup } {
  const path = join(import.meta.dirname, '..', '..', 'golden', 'coordination', 'rows', name);
  const text = readFileSync(path, 'utf8').trimEnd();
  const { group, members } = JSON.parse(text) as { group: object; members: Record<string, object> };
  const rows = Object.entries(members).map(([memberId, state]) => [memberId, JSON.stringify(state)] as const);
  return { text, stored: { groupId: 'g', state: JSON.stringify(group), members: new Map(rows) } };
}

/** The same of the records that a machine would write. */
function textOf(records: readonly GroupRecord[]): string {
  const group = records.flatMap((one) => (one.kind === 'group' ? [one.state] : []))[0] ?? '';
  const members = records.flatMap((one) => (one.kind === 'member' ? [`"${one.memberId}":${one.state}`] : []));
  return `{"group":${group},"members":{${members.join()}}}`;
}

describe('the stored form of groups with a row for each member', () => {
  test('a consumer group of version 1 is read as it was written, and written the same', () => {
    const { text, stored } = fixture('consumer-group-v1.json');
    const group = consumer.decodeGroup(stored);
    expect([group.epoch, group.assignmentEpoch, group.staticMembers.get('i-1')]).toEqual([7, 6, 'a']);
    expect(group.regexes.topics.get('t.*')).toEqual(['t', 'tt']);
    expect(group.members.get('a')?.revoking.get('topic-id')?.get(1)).toBe(4);
    expect(group.members.get('b')?.classic?.protocols[0]?.name).toBe('range');
    expect(group.targets.get('a')?.get('topic-id')).toEqual([0, 2]);
    expect(textOf(consumer.snapshot(group, 1))).toBe(text);
  });

  test('a streams group of version 1 is read as it was written, and written the same', () => {
    const { text, stored } = fixture('streams-group-v1.json');
    const group = streams.decodeGroup(stored);
    expect([group.epoch, group.standbyReplicas, group.topology?.subtopologies.length]).toEqual([5, 1, 2]);
    expect(group.members.get('a')?.assigned.active.get('0')?.get(1)).toBe(5);
    expect(textOf(streams.snapshot(group, 1))).toBe(text);
  });

  test.each(['consumer', 'streams'] as const)('a newer version of a %s group is refused with its number', (kind) => {
    const { stored } = fixture(`${kind}-group-v1.json`);
    const newer = { ...stored, state: stored.state.replace('"version":1', '"version":2') };
    const decode = kind === 'consumer' ? consumer.decodeGroup : streams.decodeGroup;
    expect(() => decode(newer)).toThrow(/group g is stored in version 2/);
  });
});
