import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeGroup, encodeGroup } from '../../../src/coordination/classic/record.ts';

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'golden', 'coordination', 'rows', name), 'utf8').trimEnd();

describe('the stored form of a group', () => {
  test('a stored group of version 1 is read as it was written', () => {
    const group = decodeGroup('g', fixture('group-v1.json'));
    expect(group.state).toBe('Stable');
    expect(group.generation).toBe(7);
    expect(group.leader).toBe('app-1');
    expect([...group.members.keys()]).toEqual(['app-1', 'app-2']);
    expect(group.staticMembers.get('i-1')).toBe('app-1');
    expect([...(group.subscribedTopics ?? [])]).toEqual(['t', 'u']);
    expect(group.members.get('app-1')?.assignment.length).toBe(21);
    expect(group.members.get('app-2')?.sessionTimeoutMs).toBe(10_000);
  });

  test('an empty group keeps its generation and since when it is empty', () => {
    const group = decodeGroup('g', fixture('empty-group-v1.json'));
    expect([group.state, group.generation, group.stateTimestamp]).toEqual(['Empty', 8, 1_700_000_009_999]);
  });

  test.each(['group-v1.json', 'empty-group-v1.json'])('%s is written byte for byte', (name) => {
    expect(encodeGroup(decodeGroup('g', fixture(name)))).toBe(fixture(name));
  });

  test('a newer version is refused with its number', () => {
    const newer = fixture('group-v1.json').replace('"version":1', '"version":2');
    expect(() => decodeGroup('g', newer)).toThrow(/group g is stored in version 2/);
  });
});
