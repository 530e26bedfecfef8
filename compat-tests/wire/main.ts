import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunningBroker } from '../brokers/broker.ts';
import { progress, root } from '../brokers/cache.ts';
import { KAFKA_VERSION, startKafka } from '../brokers/kafka.ts';
import { startQuarry } from '../brokers/quarry.ts';
import { areas } from './areas/index.ts';
import { deviations } from './deviations.ts';
import { differences, textOf, transcribe, type Transcript, transcriptOf } from './transcript.ts';

const GOLDEN = join(root, 'tests', 'golden', 'wire', `apache-kafka-${KAFKA_VERSION}.txt`);

const USAGE = `usage: npm run test:wire [-- OPTIONS]
  --broker both|quarry   both: asks Apache Kafka and Quarry in this run (default); quarry: compares with the golden file
  --write                writes what Apache Kafka answers to the golden file
  --only REGEXP          only cases whose title matches
`;

function options() {
  const { values } = parseArgs({
    options: {
      broker: { type: 'string', default: 'both' },
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  });
  if (values.broker !== 'both' && values.broker !== 'quarry') throw new Error(`no broker '${values.broker}'`);
  return { ...values, only: new RegExp(values.only) };
}

async function ask(name: string, start: () => Promise<RunningBroker>, only: RegExp): Promise<Transcript> {
  const broker = await start();
  progress(`wire: ${name} on ${broker.bootstrap}`);
  try {
    return await transcribe(broker.bootstrap, areas, only);
  } finally {
    await broker.stop();
  }
}

/** What Apache Kafka answers: asked now, or as the golden file has it. */
async function expected(broker: string, write: boolean, only: RegExp): Promise<Transcript> {
  if (broker === 'quarry') {
    const golden = transcriptOf(readFileSync(GOLDEN, 'utf8'));
    return new Map([...golden].filter(([title]) => only.test(title)));
  }
  const answers = await ask('Apache Kafka', () => startKafka({ heap: '256m' }), only);
  if (write) writeFileSync(GOLDEN, textOf(answers));
  return answers;
}

async function main(): Promise<number> {
  const { broker, write, only } = options();
  const kafka = await expected(broker, write, only);
  const quarry = await ask('Quarry', () => startQuarry(), only);
  const found = differences(kafka, quarry);
  const unexplained = found.filter(({ title }) => deviations[title] === undefined);
  const differing = new Set(found.map(({ title }) => title));
  const outdated = Object.keys(deviations).filter((title) => kafka.has(title) && !differing.has(title));
  for (const { title, expected: wanted, got } of unexplained)
    process.stdout.write(
      `${title}\n${wanted.map((line) => `  kafka   ${line}\n`).join('')}${got.map((line) => `  quarry  ${line}\n`).join('')}`,
    );
  for (const title of outdated) process.stdout.write(`${title}\n  does not differ, but is named as a deviation\n`);
  const explained = found.length - unexplained.length;
  process.stdout.write(`${kafka.size} cases, ${unexplained.length} differ, ${explained} deviate on purpose\n`);
  return unexplained.length + outdated.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
