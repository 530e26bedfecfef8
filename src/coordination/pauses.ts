/**
 * True less than `pauseMs` after `last`, on the wall clock; 0 stands for never. A time in the future counts for nothing: the clock went back, and
 * nobody is to wait until it is there again.
 */
export function isTooSoon(last: number, pauseMs: number, now: number): boolean {
  return last !== 0 && now >= last && now < last + pauseMs;
}
