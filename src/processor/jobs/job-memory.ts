import type { Json, JsonObject } from '../../state/interpreters.ts';
import { type KeptDocument, VolatileDocument } from './kept-document.ts';

/** A job that is kept aside. */
export interface AsideJob {
  readonly kind: string;
  readonly key: string;
  readonly reason: string;
}

type Text3 = readonly [string, string, string];
type Position = readonly [kind: string, key: string, position: JsonObject];

const listOf = <T>(value: Json | undefined): readonly T[] =>
  Array.isArray(value) ? (value as unknown as readonly T[]) : [];

/**
 * What of the jobs outlives a restart: what people decided (pauses, jobs kept aside), and how far work is that takes longer than a run of the
 * process may. All of it can be lost without harm to data: work is then done again, and what was kept aside is found again.
 */
export class JobMemory {
  readonly #decisions: KeptDocument;
  readonly #progress: KeptDocument;

  constructor(decisions: KeptDocument = new VolatileDocument(), progress: KeptDocument = new VolatileDocument()) {
    this.#decisions = decisions;
    this.#progress = progress;
  }

  /** Resolves when everything that was said before is durable. */
  async settled(): Promise<void> {
    await this.#decisions.settled();
    await this.#progress.settled();
  }

  get paused(): readonly string[] {
    return listOf<string>(this.#decisions.value['paused']);
  }

  setPaused(kinds: Iterable<string>): void {
    this.#decisions.set({ ...this.#decisions.value, paused: [...kinds] });
  }

  /** Everything was paused, the sinks too. */
  get allPaused(): boolean {
    return this.#decisions.value['all'] === true;
  }

  setAllPaused(all: boolean): void {
    if (all !== this.allPaused) this.#decisions.set({ ...this.#decisions.value, all });
  }

  get aside(): readonly AsideJob[] {
    return listOf<Text3>(this.#decisions.value['aside']).map(([kind, key, reason]) => ({ kind, key, reason }));
  }

  setAside(jobs: readonly AsideJob[]): void {
    const aside = jobs.map(({ kind, key, reason }): Text3 => [kind, key, reason]);
    this.#decisions.set({ ...this.#decisions.value, aside });
  }

  /** When the pause before the kind's next run began, by the wall clock. */
  pauseBegan(kind: string): number | undefined {
    return this.#pauses().get(kind);
  }

  setPauseBegan(kind: string, at: number): void {
    const pauses = [...this.#pauses().set(kind, at)];
    this.#progress.set({ ...this.#progress.value, pauses });
  }

  #pauses(): Map<string, number> {
    return new Map(listOf<readonly [string, number]>(this.#progress.value['pauses']));
  }

  /** Where an attempt at this job got to that did not finish. */
  position(kind: string, key: string): JsonObject | undefined {
    return this.#positions().find((one) => one[0] === kind && one[1] === key)?.[2];
  }

  setPosition(kind: string, key: string, position: JsonObject | undefined): void {
    const others = this.#positions().filter((one) => one[0] !== kind || one[1] !== key);
    if (position === undefined && others.length === this.#positions().length) return;
    const positions: Json = position === undefined ? [...others] : [...others, [kind, key, position]];
    this.#progress.set({ ...this.#progress.value, positions });
  }

  #positions(): readonly Position[] {
    return listOf<Position>(this.#progress.value['positions']);
  }
}
