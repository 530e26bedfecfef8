import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../brokers/cache.ts';
import { startKafkaAs, USERS } from '../brokers/profiles.ts';
import { rightsCases } from './cases.ts';
import { CaseRunner, casesIn, textOf } from './run-cases.ts';
import { openSession } from './session.ts';
import type { WireConnection } from '../wire/connection.ts';

/** What Apache Kafka answered, two lines for each case. */
const GOLDEN = join(root, 'tests', 'golden', 'rights', 'answers.txt');

/** Asks Apache Kafka every case; `--record` keeps its answers, else they are compared with those kept. */
async function main(): Promise<number> {
  const only = new RegExp(process.argv.find((flag) => flag.startsWith('--only='))?.slice('--only='.length) ?? '');
  const kafka = await startKafkaAs('secured', { heap: '256m' });
  try {
    const connect = (user: string): Promise<WireConnection> =>
      openSession(kafka.bootstrap, user, USERS[user as keyof typeof USERS]);
    const runner = await CaseRunner.open({ admin: 'admin', asker: 'alice' }, connect);
    const text = textOf(await runner.run(rightsCases().filter(({ name }) => only.test(name))));
    runner.close();
    if (process.argv.includes('--record')) {
      writeFileSync(GOLDEN, text);
      return 0;
    }
    const recorded = casesIn(readFileSync(GOLDEN, 'utf8'));
    const others = [...casesIn(text)].filter(([name, answer]) => recorded.get(name) !== answer);
    for (const [name, answer] of others) process.stdout.write(`${name}\n  ${answer}\n`);
    process.stdout.write(`Apache Kafka answers ${others.length} cases otherwise than recorded\n`);
    return others.length === 0 ? 0 : 1;
  } finally {
    await kafka.stop();
  }
}

process.exit(await main());
