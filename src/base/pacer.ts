import { type Clock, sleep } from './clock.ts';

/** Bytes of rate that may be used at once after a pause: none passed meanwhile, and yet the disk has other things to do. */
const BURST_MS = 1000;

/** Makes wait after each piece until the pieces so far fit the rate. Rejects when the signal is aborted. */
export function pacer(clock: Clock, bytesPerSecond: number, signal: AbortSignal): (bytes: number) => Promise<void> {
  let free = clock.monotonic();
  return async (bytes) => {
    const now = clock.monotonic();
    free = Math.max(free, now - BURST_MS) + (bytes / bytesPerSecond) * 1000;
    if (free > now) await sleep(clock, free - now, signal);
    signal.throwIfAborted();
  };
}
