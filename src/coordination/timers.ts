import type { Clock, Timer } from '../base/clock.ts';
import type { TimerEvent } from './types.ts';

/** A timer that fired, or will. Compared by identity. */
export interface GroupTimer {
  readonly key: string;
  readonly event: TimerEvent;
}

interface Armed extends GroupTimer {
  event: TimerEvent;
  /** On the monotonic clock, ms. */
  deadline: number;
  /** When `handle` fires: never after the deadline. */
  wakesAt: number;
  handle: Timer;
  fired: boolean;
}

/** The timers of one group, by key. Putting a deadline off, as every heartbeat does, costs no timer of the clock. */
export class GroupTimers {
  readonly #clock: Clock;
  readonly #onFire: (timer: GroupTimer) => void;
  readonly #armed = new Map<string, Armed>();
  #closed = false;

  /** `onFire` gets a timer whose time has come; it acts on it only if `isDue` when its turn comes. */
  constructor(clock: Clock, onFire: (timer: GroupTimer) => void) {
    this.#clock = clock;
    this.#onFire = onFire;
  }

  set(key: string, delayMs: number, event: TimerEvent): void {
    if (this.#closed) return;
    const deadline = this.#clock.monotonic() + delayMs;
    const before = this.#armed.get(key);
    if (before !== undefined && !before.fired && before.wakesAt <= deadline) {
      before.deadline = deadline;
      before.event = event;
      return;
    }
    before?.handle.cancel();
    const handle = { cancel: (): void => undefined };
    const armed: Armed = { key, event, deadline, wakesAt: deadline, handle, fired: false };
    this.#armed.set(key, armed);
    this.#sleep(armed, delayMs);
  }

  /** True when a timer of that key is set and has not fired. */
  has(key: string): boolean {
    return this.#armed.get(key)?.fired === false;
  }

  cancel(key: string): void {
    this.#armed.get(key)?.handle.cancel();
    this.#armed.delete(key);
  }

  clear(): void {
    for (const { handle } of this.#armed.values()) handle.cancel();
    this.#armed.clear();
  }

  /** Cancels all, for good: a write that was under way may still want to set one. */
  close(): void {
    this.#closed = true;
    this.clear();
  }

  /** True for a timer that fired and was neither cancelled nor set anew since. */
  isDue(timer: GroupTimer): boolean {
    const armed = this.#armed.get(timer.key);
    return armed === timer && armed.fired;
  }

  #sleep(armed: Armed, delayMs: number): void {
    armed.handle = this.#clock.after(delayMs, () => {
      const leftMs = armed.deadline - this.#clock.monotonic();
      if (leftMs > 0) {
        armed.wakesAt = armed.deadline;
        this.#sleep(armed, Math.ceil(leftMs));
        return;
      }
      armed.fired = true;
      this.#onFire(armed);
    });
  }
}
