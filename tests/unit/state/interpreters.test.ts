import { expect, test } from 'vitest';
import { consumerStateInterpreter, type JsonObject, jsonMergeInterpreter } from '../../../src/state/interpreters.ts';

test('JSON states are merged as RFC 7396 says', () => {
  const merge = (states: readonly JsonObject[]) => jsonMergeInterpreter.merge(states);
  expect(merge([{ a: 'b' }, { a: 'c' }])).toEqual({ a: 'c' });
  expect(merge([{ a: 'b', b: 'c' }, { a: null }])).toEqual({ b: 'c' });
  expect(merge([{ a: ['b'] }, { a: 'c' }])).toEqual({ a: 'c' });
  expect(merge([{ a: { b: 'c' } }, { a: { b: 'd', c: null } }])).toEqual({ a: { b: 'd' } });
  expect(merge([{ a: [{ b: 'c' }] }, { a: [1] }])).toEqual({ a: [1] });
  expect(merge([{ e: null }, { a: 1 }])).toEqual({ a: 1 });
  expect(merge([{}, { a: { bb: { ccc: null } } }])).toEqual({ a: { bb: {} } });
  expect(merge([])).toEqual({});
});

test('a field named __proto__ is a field', () => {
  const odd = jsonMergeInterpreter.parse('{"data":{"__proto__":{"x":1}},"_metadata":{}}').data;
  const merged = jsonMergeInterpreter.merge([odd, { a: 1 }]);
  expect(Object.keys(merged)).toEqual(['__proto__', 'a']);
  expect(jsonMergeInterpreter.format(merged, { timestamp: '1', message_id: 1 })).toContain(
    '{"__proto__":{"x":1},"a":1}',
  );
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('a consumer goes on from the highest offset of each partition, with the last value of each key', () => {
  expect(
    consumerStateInterpreter.merge([
      { offsets: { 'a-0': 5, 'a-1': 3 }, values: { x: 1, y: 2 } },
      { offsets: { 'a-0': 4 }, values: { x: null } },
      { offsets: { 'a-1': 9 }, values: { z: { deep: true } } },
    ]),
  ).toEqual({ offsets: { 'a-0': 5, 'a-1': 9 }, values: { y: 2, z: { deep: true } } });
});

test('what is no consumer state is refused, written or read', () => {
  const metadata = { timestamp: '1', message_id: 1 };
  for (const bad of [null, [], {}, { offsets: [] }, { offsets: { a: 1.5 } }, { offsets: {}, values: 1 }]) {
    expect(() => consumerStateInterpreter.format(bad as never, metadata)).toThrow(SyntaxError);
    expect(() => consumerStateInterpreter.parse(JSON.stringify({ data: bad, _metadata: metadata }))).toThrow(
      SyntaxError,
    );
  }
});

test.each([
  ['JSON', jsonMergeInterpreter, [{ a: 1, b: { c: 1 } }, { b: { c: null, d: 2 } }, { a: null, e: [1] }]],
  [
    'consumer state',
    consumerStateInterpreter,
    [{ offsets: { p: 3 }, values: { a: 1 } }, { offsets: { p: 1, q: 2 }, values: { a: null } }, { offsets: { p: 4 } }],
  ],
] as const)('a merge of %s may be made in steps, as checkpoints do', (_, interpreter, states) => {
  const merge = (all: readonly unknown[]): unknown => interpreter.merge(all as never);
  const whole = merge(states);
  for (let at = 1; at < states.length; at++)
    expect(merge([merge(states.slice(0, at)), ...states.slice(at)])).toEqual(whole);
});
