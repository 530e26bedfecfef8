import { AsyncLocalStorage } from 'node:async_hooks';

/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Time as the program may see it. The real one lives in this file; simulations bring their own. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch (integer). May jump. */
  now(): number;
  /** Milliseconds (fractional) since an arbitrary start. Never goes back. */
  monotonic(): number;
  /** Calls `task` once after `delayMs`. The timer alone does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
}

/** The longest delay that the machine's timers take, some 25 days: a longer one they take for none. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    let handle: NodeJS.Timeout | undefined;
    const arm = (leftMs: number): void => {
      const isLong = leftMs > LONGEST_MS;
      handle = isLong ? setTimeout(() => arm(leftMs - LONGEST_MS), LONGEST_MS) : setTimeout(task, Math.max(0, leftMs));
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once with `false` when `signal` is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve(false);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Runs a task as if nobody had asked for it. */
const outsideOfRequests = AsyncLocalStorage.snapshot();

/** Calls `task` every `periodMs`, measured from the end of one call to the start of the next, until cancelled. */
export function every(clock: Clock, periodMs: number, task: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer: Timer | undefined;
  const arm = (): void => {
    // Work that goes on for ever is not that of the request in which it began: its log lines must not say so.
    if (!cancelled) timer = outsideOfRequests(() => clock.after(periodMs, tick));
  };
  const tick = (): void => {
    void Promise.resolve().then(task).finally(arm);
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer?.cancel();
    },
  };
}
