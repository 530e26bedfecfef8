import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TransactionScript } from './script.ts';

const folder = join(import.meta.dirname, '../../golden/transactions');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));

/** Address of another broker to run the scripts against; what Apache Kafka gives there is what the files should hold. */
const other = process.env['SCRIPT_BROKER'];

describe('transaction scripts have the outcome that Apache Kafka gave', () => {
  let broker: Broker | undefined;
  let port = Number(other?.split(':').pop());

  beforeAll(async () => {
    if (other !== undefined) return;
    const settings = { search: false, 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 100 };
    broker = await Broker.start({ settings });
    port = Number(broker.bootstrap.split(':').pop());
  });
  afterAll(async () => broker?.stop());

  test('there are scripts', () => expect(scripts.length).toBeGreaterThan(8));

  test.for(scripts)('%s', { timeout: 60_000 }, async (name) => {
    const path = join(folder, name);
    const expected = readFileSync(path, 'utf8');
    const prefix = `${name.replace('.txt', '')}-${process.hrtime()[1]}-`;
    const actual = await new TransactionScript(port, prefix).run(expected);
    // REWRITE_GOLDEN=1 takes what happens for right; look at the difference before you commit it.
    if (process.env['REWRITE_GOLDEN'] === '1') writeFileSync(path, actual);
    else expect(actual).toBe(expected);
  });
});
