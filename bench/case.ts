import type { Sample } from './contender.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';

/** What a case works with. */
export interface Bench {
  readonly stage: Stage;
  readonly scale: Scale;
  readonly rounds: number;
  /** Folder on the disk that is measured. */
  readonly folder: string;
  progress(text: string): void;
}

/** Samples by round, then by the name of the broker (or of something else that was measured in that round). */
export type Rounds = Record<string, Sample>[];

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<Rounds>;
}

/** Middle value; of two middle values the mean. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median of a figure of one broker over the rounds. */
export function figure(rounds: Rounds, name: string, key: string): number {
  return median(rounds.map((round) => round[name]?.[key]).filter((value) => value !== undefined));
}

/** Median of the ratios of the rounds: each compares two runs that lie close together in time. */
export function ratio(rounds: Rounds, name: string, to: string, key: string): number {
  const ratios = rounds.map((round) => (round[name]?.[key] ?? Number.NaN) / (round[to]?.[key] ?? Number.NaN));
  return median(ratios.filter((value) => !Number.isNaN(value)));
}

/** Runs the rounds, each broker (or other program) once a round, the order turned around every other round. */
export async function pairedRounds<One extends { readonly name: string }>(
  bench: Bench,
  contenders: readonly One[],
  sample: (contender: One, others: readonly One[]) => Promise<Sample>,
): Promise<Rounds> {
  const rounds: Rounds = [];
  for (let round = 0; round < bench.rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    const samples: Record<string, Sample> = {};
    for (const contender of order) {
      const others = contenders.filter((other) => other !== contender);
      bench.progress(`round ${round + 1} of ${bench.rounds}: ${contender.name}`);
      samples[contender.name] = await sample(contender, others);
    }
    rounds.push(samples);
  }
  return rounds;
}
