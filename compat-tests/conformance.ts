import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunningBroker } from './brokers/broker.ts';
import { progress, root } from './brokers/cache.ts';
import { KAFKA_VERSION } from './brokers/kafka.ts';
import { type ProfileName, startKafkaAs, startQuarryAs } from './brokers/profiles.ts';
import { type ClientProgram, clientPrograms } from './clients.ts';
import { conformancePage } from './conformance-table.ts';
import { deviations } from './deviations.ts';
import { type CaseResult, clientTable } from './report.ts';
import { runClient } from './run-program.ts';

const programs = clientPrograms.filter((program) => program.conformance);

/** Runs a program, and what failed once more on the same broker: a loaded machine may break a case that waits for something. */
async function runTwice(program: ClientProgram, broker: RunningBroker): Promise<CaseResult[]> {
  const first = await runClient(program, broker, '');
  process.stdout.write(`${clientTable(`${program.name} on ${broker.name}`, first.results, first.seconds)}\n`);
  const failed = first.results.filter((result) => !result.ok).map((result) => result.case);
  if (failed.length === 0 || failed.includes('install') || failed.includes('start')) return first.results;
  const again = await runClient(program, broker, `^(${failed.join('|')})$`);
  process.stdout.write(`${clientTable(`${program.name} on ${broker.name}, again`, again.results, again.seconds)}\n`);
  return [...first.results.filter((result) => result.ok), ...again.results];
}

async function runAll(start: (profile: ProfileName) => Promise<RunningBroker>): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const profile of new Set(programs.map((program) => program.profile))) {
    const broker = await start(profile);
    progress(`conformance: ${broker.name} (${profile}) on ${broker.bootstrap}`);
    try {
      for (const program of programs.filter((one) => one.profile === profile))
        results.push(...(await runTwice(program, broker)));
    } finally {
      await broker.stop();
    }
  }
  return results;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'docs', 'conformance.md') } } });
  const kafka = await runAll((profile) => startKafkaAs(profile));
  const quarry = await runAll((profile) => startQuarryAs(profile, { flags: ['--log.level', 'warn'] }));
  mkdirSync(join(values.out, '..'), { recursive: true });
  // By name: cases run beside each other, so the order in which they end means nothing.
  const order = (results: readonly CaseResult[]): CaseResult[] =>
    results.toSorted((a, b) => a.case.localeCompare(b.case, 'en'));
  writeFileSync(values.out, conformancePage(order(kafka), order(quarry), deviations, KAFKA_VERSION));
  const passed = (results: readonly CaseResult[]): number => results.filter((result) => result.ok).length;
  process.stdout.write(`kafka ${passed(kafka)} of ${kafka.length}, quarry ${passed(quarry)} of ${quarry.length}\n`);
  const okOnKafka = new Set(kafka.filter((result) => result.ok).map((result) => result.case));
  const wrong = quarry.filter((result) => !result.ok && okOnKafka.has(result.case) && !(result.case in deviations));
  process.stdout.write(`${quarry.length - wrong.length} passed, ${wrong.length} failed\n`);
  return wrong.length === 0 && kafka.every((result) => result.ok) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exit(await main());
