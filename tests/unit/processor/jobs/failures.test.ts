import { expect, test } from 'vitest';
import { unavailable } from '../../../../src/objects/errors.ts';
import { PackCorrupt } from '../../../../src/packs/errors.ts';
import { FALLBACKS, JobFailure, kindOfFailure, pauseAfter } from '../../../../src/processor/jobs/failures.ts';

const system = (code: string): Error => Object.assign(new Error(`${code}: of the system`), { code });

test('a failure is known by its code, its name, its message or its cause, the most particular first', () => {
  expect(kindOfFailure(system('ENOSPC'))).toBe('no-space');
  expect(kindOfFailure(unavailable('put x', system('EDQUOT')))).toBe('no-space');
  expect(kindOfFailure(unavailable('put x', new Error('socket hang up')))).toBe('unavailable');
  expect(kindOfFailure(unavailable('put x', Object.assign(new Error('no'), { name: 'AccessDenied' })))).toBe('denied');
  expect(kindOfFailure(new Error('put x: connect ECONNREFUSED 127.0.0.1:1'))).toBe('unavailable');
  expect(kindOfFailure(new Error('a flush failed', { cause: new PackCorrupt('bad sum') }))).toBe('corrupt');
  expect(kindOfFailure(new JobFailure('corrupt', 'ENOSPC in words'))).toBe('corrupt');
  expect(kindOfFailure(new Error('ENOSPCX is no code'))).toBe('unknown');
  expect(kindOfFailure('no error at all')).toBe('unknown');
});

test('every kind of failure has a fallback, and only what passes by itself is tried again soon', () => {
  const rule = { baseMs: 100, maxMs: 10_000, factor: 2 };
  const pauses = Object.values(FALLBACKS).map((fallback) => [fallback, pauseAfter(1, rule, fallback, 1)]);
  expect(Object.fromEntries(pauses)).toEqual({
    'retry-with-backoff': 100,
    'wait-for-space': 10_000,
    'wait-for-rights': 10_000,
    'set-aside': 10_000,
  });
  expect([2, 3, 20].map((failures) => pauseAfter(failures, rule, 'retry-with-backoff', 0))).toEqual([100, 200, 5000]);
});
