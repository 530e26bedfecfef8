/** Meters that are made between two looks for those that can go: owners are names that clients choose, so that there may be many. */
const SWEEP_EVERY = 1024;

/** A meter for each owner of a quota. Those that say what a new one would say are let go. */
export class Meters<T> {
  readonly #make: () => T;
  readonly #isAsNew: (meter: T, now: number) => boolean;
  readonly #meters = new Map<string, T>();
  #made = 0;

  constructor(make: () => T, isAsNew: (meter: T, now: number) => boolean) {
    this.#make = make;
    this.#isAsNew = isAsNew;
  }

  get size(): number {
    return this.#meters.size;
  }

  of(owner: string, now: number): T {
    const known = this.#meters.get(owner);
    if (known !== undefined) return known;
    if (++this.#made % SWEEP_EVERY === 0) this.#sweep(now);
    const meter = this.#make();
    this.#meters.set(owner, meter);
    return meter;
  }

  #sweep(now: number): void {
    for (const [owner, meter] of this.#meters) if (this.#isAsNew(meter, now)) this.#meters.delete(owner);
  }
}
