import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { type GroupTimer, GroupTimers } from '../../../src/coordination/timers.ts';

function setUp(): { clock: ManualClock; timers: GroupTimers; fired: GroupTimer[]; pass: (ms: number) => string[] } {
  const clock = new ManualClock(0);
  const fired: GroupTimer[] = [];
  const timers = new GroupTimers(clock, (timer) => void fired.push(timer));
  const pass = (ms: number): string[] => {
    const end = clock.now() + ms;
    while (clock.runNext(end));
    return fired.splice(0).map(({ key }) => key);
  };
  return { clock, timers, fired, pass };
}

const event = { kind: 'join' } as const;

describe('timers of a group', () => {
  test('each fires once, at its time', () => {
    const { timers, pass } = setUp();
    timers.set('a', 100, event);
    timers.set('b', 50, event);
    expect(pass(49)).toEqual([]);
    expect(pass(1)).toEqual(['b']);
    expect(pass(1000)).toEqual(['a']);
    expect(pass(1000)).toEqual([]);
  });

  test('setting one again moves it, later or sooner', () => {
    const { timers, pass } = setUp();
    timers.set('later', 100, event);
    timers.set('sooner', 100, event);
    pass(60);
    timers.set('later', 100, event);
    timers.set('sooner', 10, event);
    expect(pass(39)).toEqual(['sooner']);
    expect(pass(60)).toEqual([]);
    expect(pass(1)).toEqual(['later']);
  });

  test('a timer that fired is due until it is set or cancelled', () => {
    const { clock, timers, fired } = setUp();
    timers.set('a', 10, event);
    while (clock.runNext(20));
    const [first] = fired;
    expect(first !== undefined && timers.isDue(first)).toBe(true);
    timers.set('a', 10, event);
    expect(first !== undefined && timers.isDue(first)).toBe(false);
    timers.cancel('a');
    while (clock.runNext(100));
    expect(fired.length).toBe(1);
  });

  test('cancelled and cleared ones do not fire', () => {
    const { timers, pass } = setUp();
    timers.set('a', 10, event);
    timers.set('b', 10, event);
    timers.cancel('a');
    timers.cancel('unknown');
    timers.clear();
    expect(pass(100)).toEqual([]);
  });
});
