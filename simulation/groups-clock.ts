import type { Clock, Timer } from '../src/base/clock.ts';

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told to. Timers fire in the order of their times, those of one time as they were set. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #tasks = new Set<Task>();

  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const task = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#tasks.add(task);
    return { cancel: () => void this.#tasks.delete(task) };
  }

  /** Moves on to `time` and runs the first timer that is due by then; false when none is. */
  runNext(time: number): boolean {
    const next = this.#next();
    if (next === undefined || next.at > time) {
      this.#now = Math.max(this.#now, time);
      return false;
    }
    this.#tasks.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }

  #next(): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      if (first === undefined || task.at < first.at || (task.at === first.at && task.order < first.order)) first = task;
    }
    return first;
  }
}
