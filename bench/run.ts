import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { mustRun, root } from '../compat-tests/brokers/cache.ts';
import { KAFKA_VERSION } from '../compat-tests/brokers/kafka.ts';
import type { Bench, BenchCase, Rounds } from './case.ts';
import { coordinationCases, tlsCases } from './coordination-cases.ts';
import { checkOut } from './earlier.ts';
import { lakeCases } from './lake-cases.ts';
import { latencyCases, readyCases } from './latency-cases.ts';
import { parseOptions } from './options.ts';
import { caseTable, targetTable } from './report.ts';
import { fullScale, shortScale } from './scale.ts';
import { searchCases } from './search-cases.ts';
import { sqlCases } from './sql-cases.ts';
import { Stage } from './stage.ts';
import { memoryTarget, type Outcome, targetsOf } from './targets.ts';
import { tableCases } from './table-cases.ts';
import { fsyncCases, throughputCases } from './throughput-cases.ts';

/** In an order that starts and stops brokers seldom. */
const cases: readonly BenchCase[] = [
  ...throughputCases,
  ...latencyCases,
  ...coordinationCases,
  ...fsyncCases,
  ...tlsCases,
  ...readyCases,
  ...searchCases,
  ...lakeCases,
  ...sqlCases,
  ...tableCases,
];

interface Result {
  readonly name: string;
  readonly rounds: Rounds;
  readonly error?: string;
}

function machine(): object {
  const commit = mustRun('git', ['rev-parse', 'HEAD'], { cwd: root }).trim();
  const cpus = availableParallelism();
  return { commit, cpus, memoryGiB: totalmem() / 2 ** 30, kernel: release(), node: process.version, KAFKA_VERSION };
}

async function runCases(wanted: readonly BenchCase[], bench: Bench): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, one] of wanted.entries()) {
    const progress = (text: string): void => {
      process.stderr.write(`[${index + 1}/${wanted.length}] ${one.name}: ${text}\n`);
    };
    progress('starting');
    try {
      const rounds = await one.run({ ...bench, progress });
      results.push({ name: one.name, rounds });
      process.stdout.write(`${caseTable(`${one.name}: ${one.title}`, rounds)}\n`);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      results.push({ name: one.name, rounds: [], error: text });
      process.stdout.write(`${one.name}: FAILED\n  ${text}\n\n`);
    }
  }
  return results;
}

function writeResults(results: readonly Result[], outcomes: readonly Outcome[], began: Date): string {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${began.toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(path, JSON.stringify({ began, machine: machine(), outcomes, results }, undefined, 1));
  return path;
}

async function main(): Promise<number> {
  const options = parseOptions(
    process.argv.slice(2),
    cases.map((one) => one.name),
  );
  const began = new Date();
  const wanted = cases.filter((one) => options.only.length === 0 || options.only.includes(one.name));
  const earlier = options.against === '' ? undefined : checkOut(options.against);
  const stage = new Stage(options, earlier);
  const scale = options.short ? shortScale : fullScale;
  const folder = options.dir === '' ? tmpdir() : options.dir;
  let results: Result[];
  try {
    results = await runCases(wanted, { stage, scale, rounds: options.rounds, folder, progress: () => undefined });
  } finally {
    await stage.close();
    earlier?.remove();
  }
  const outcomes = results.flatMap((result) =>
    result.error === undefined ? targetsOf(result.name, result.rounds) : [],
  );
  const peak = stage.peaks.get('quarry');
  if (peak !== undefined) outcomes.push(memoryTarget(peak));
  for (const [name, mib] of stage.peaks) process.stdout.write(`peak memory of ${name}: ${mib.toFixed(0)} MiB\n`);
  if (outcomes.length > 0) process.stdout.write(`\n${targetTable(outcomes)}`);
  process.stdout.write(`written to ${writeResults(results, outcomes, began)}\n`);
  return results.some((result) => result.error !== undefined) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exit(await main());
