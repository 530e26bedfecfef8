import type { RunningBroker } from './brokers/broker.ts';
import { progress } from './brokers/cache.ts';
import { type ProfileName, startKafkaAs, startQuarryAs } from './brokers/profiles.ts';
import { type ClientProgram, clientPrograms } from './clients.ts';
import { type CompatOptions, parseOptions } from './options.ts';
import { deviations } from './deviations.ts';
import { type CaseResult, clientTable, closingLine, judged } from './report.ts';
import { runClient } from './run-program.ts';

function startBroker(options: CompatOptions, profile: ProfileName): Promise<RunningBroker> {
  if (options.broker === 'kafka') return startKafkaAs(profile);
  if (options.broker === 'quarry') return startQuarryAs(profile, { flags: ['--log.level', 'warn', ...options.flags] });
  const stop = async (): Promise<void> => undefined;
  return Promise.resolve({ name: options.broker, bootstrap: options.broker, pid: 0, readyMs: 0, stop });
}

/** Runs the programs of one profile, one after the other, against a broker of their own. */
async function runProfile(
  options: CompatOptions,
  profile: ProfileName,
  programs: readonly ClientProgram[],
): Promise<CaseResult[]> {
  const broker = await startBroker(options, profile);
  progress(`compat: ${broker.name} (${profile}) on ${broker.bootstrap}, ready after ${Math.round(broker.readyMs)} ms`);
  const results: CaseResult[] = [];
  try {
    for (const program of programs) {
      progress(`compat: ${program.name} …`);
      const run = await runClient(program, broker, options.only);
      process.stdout.write(`${clientTable(program.name, run.results, run.seconds)}\n`);
      results.push(...(options.broker === 'quarry' ? judged(run.results, deviations) : run.results));
    }
  } finally {
    await broker.stop();
  }
  return results;
}

async function main(): Promise<number> {
  const names = clientPrograms.map((program) => program.name);
  const options = parseOptions(process.argv.slice(2), names);
  const wanted = clientPrograms.filter(
    ({ name, broker }) =>
      (options.clients.length === 0 || options.clients.includes(name)) &&
      (broker === undefined || options.broker !== 'kafka'),
  );
  const results: CaseResult[] = [];
  for (const profile of new Set(wanted.map((program) => program.profile))) {
    const programs = wanted.filter((program) => program.profile === profile);
    try {
      results.push(...(await runProfile(options, profile, programs)));
    } catch (error) {
      // A broker that does not start fails its clients, not those of the other profiles.
      const detail = error instanceof Error ? error.message : String(error);
      progress(`compat: the ${profile} profile: ${detail}`);
      results.push(...programs.map(({ name: client }) => ({ client, case: 'start', ok: false, detail, ms: 0 })));
    }
  }
  process.stdout.write(`${closingLine(results)}\n`);
  return results.length > 0 && results.every((result) => result.ok) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exit(await main());
