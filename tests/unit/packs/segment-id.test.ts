import { expect, test } from 'vitest';
import { formatSegmentId, parseSegmentId } from '../../../src/packs/segment-id.ts';

test.each([
  ['logs', 0, 0, 0],
  ['my-topic-name', 12, 345, 2],
  ['2024-01-01', 3, 99, 0],
  ['topic-0-00000000000000000001-0', 1, 2, 3],
  ['a-', 0, 1, 0],
  ['-', 7, 1, 0],
  ['7', 7, 7, 7],
  ['with.dots_and-123', 2_147_483_647, Number.MAX_SAFE_INTEGER, 41],
])('%s survives being an id', (topic, partition, baseOffset, generation) => {
  const id = { topic, partition, baseOffset, generation };
  expect(parseSegmentId(formatSegmentId(id))).toEqual(id);
});

test('the id has the base offset in twenty digits', () => {
  expect(formatSegmentId({ topic: 'my-topic', partition: 4, baseOffset: 1234, generation: 1 })).toBe(
    'my-topic-4-00000000000000001234-1',
  );
});

test.each([
  '',
  'logs',
  'logs-0-0-0',
  '-0-00000000000000000001-0',
  'logs-0-0000000000000000001-0',
  'logs-00-00000000000000000001-0',
  'logs-0-00000000000000000001-00',
  'logs-0-00000000000000000001-',
  'logs-0-00000000000000000001-x',
  'logs--1-00000000000000000001',
  'logs-0-99999999999999999999-0',
])("'%s' is no id", (text) => {
  expect(parseSegmentId(text)).toBeUndefined();
});
