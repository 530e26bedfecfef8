import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { areas } from '../../../compat-tests/wire/areas/index.ts';
import { deviations } from '../../../compat-tests/wire/deviations.ts';
import { differences, transcribe, transcriptOf } from '../../../compat-tests/wire/transcript.ts';
import { createLogger } from '../../../src/base/logger.ts';
import { Broker } from '../../../src/broker/broker.ts';

const folder = join(import.meta.dirname, '..', '..', 'golden', 'wire');

test('wrong requests are answered as Apache Kafka answered them, but where a reason is given', async () => {
  const golden = readdirSync(folder).map((name) => transcriptOf(readFileSync(join(folder, name), 'utf8')));
  const [kafka] = golden;
  if (kafka === undefined) throw new Error('there is no golden file');
  expect([golden.length, kafka.size > 600]).toEqual([1, true]);
  await using broker = await Broker.start({ logger: createLogger('silent') });
  const quarry = await transcribe(broker.bootstrap, areas);
  const found = differences(kafka, quarry);
  expect(found.filter(({ title }) => deviations[title] === undefined)).toEqual([]);
  expect(found.map(({ title }) => title).sort()).toEqual(Object.keys(deviations).sort());
}, 60_000);
