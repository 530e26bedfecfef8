import { readFileSync } from 'node:fs';
import { scheduler } from 'node:timers/promises';
import { type BenchCase, pairedRounds } from './case.ts';
import { type Contender, measure, type Sample } from './contender.ts';
import { librdkafka, type Moved, type Times, trickle } from './load.ts';
import { payloadFile, RECORD_BYTES } from './payload.ts';

interface Total {
  readonly hits?: { readonly total?: { readonly value: number; readonly relation: string } };
}

/** How many of the first `records` records that librdkafka.py sends have the level ERROR. */
function errorsAmong(records: number): number {
  const lines = readFileSync(payloadFile(), 'utf8').trimEnd().split('\n');
  const errors = lines.map((line) => (line.includes('"level":"ERROR"') ? 1 : 0));
  const all = errors.reduce<number>((sum, one) => sum + one, 0);
  const rest = errors.slice(0, records % lines.length).reduce<number>((sum, one) => sum + one, 0);
  return Math.floor(records / lines.length) * all + rest;
}

/** Whether a term query finds all its records, and says that the total is exact: then all of the topic is indexed. */
async function allSearchable(contender: Contender, topic: string, expected: number): Promise<boolean> {
  const query = 'q=level:ERROR&size=0&track_total_hits=true';
  const answer = await fetch(`http://${contender.broker.http}/${topic}/_search?${query}`);
  if (!answer.ok) throw new Error(`search answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  const total = ((await answer.json()) as Total).hits?.total;
  return total?.relation === 'eq' && total.value === expected;
}

/** Produces, and with search on waits until all of it is indexed; the rate of indexing counts from the first record. */
async function produceAndIndex(contender: Contender, topic: string, records: number): Promise<Sample> {
  const began = process.hrtime.bigint();
  const moved = await librdkafka<Moved>('produce', contender.bootstrap, topic, `${records}`, payloadFile(), 'acks=all');
  const sample: Sample = { mbPerS: moved.bytes / 1e6 / moved.seconds };
  if (contender.name !== 'quarry-search') return sample;
  const expected = errorsAmong(records);
  const limit = began + 300_000_000_000n;
  while (!(await allSearchable(contender, topic, expected))) {
    if (process.hrtime.bigint() > limit) throw new Error('not indexed within 300 s');
    await scheduler.wait(250);
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { ...sample, indexedMbPerS: moved.bytes / 1e6 / seconds };
}

const index: BenchCase = {
  name: 'index',
  title: 'librdkafka produce of JSON log lines, search on and off',
  async run(bench) {
    const contenders = await bench.stage.with(['quarry', 'quarry-search']);
    const records = bench.scale.indexRecords;
    const rounds = await pairedRounds(bench, contenders, async (contender, others) => {
      const topic = await contender.topic(6);
      const sample = await measure(contender, others, bench.scale.quietMs, () =>
        produceAndIndex(contender, topic, records),
      );
      await contender.drop(topic);
      return sample;
    });
    // What indexing costs is what the same load costs more with search on.
    for (const round of rounds) {
      const [on, off] = [round['quarry-search'], round['quarry']];
      const extra = (on?.brokerCpuSeconds ?? Number.NaN) - (off?.brokerCpuSeconds ?? Number.NaN);
      if (on !== undefined) on['mbPerCoreSecond'] = (records * RECORD_BYTES) / 1e6 / extra;
    }
    return rounds;
  },
};

const fresh: BenchCase = {
  name: 'fresh',
  title: 'from the ack of a record until a search finds it: idle, and beside 5 MB/s of log lines',
  async run(bench) {
    const [contender] = await bench.stage.with(['quarry-search']);
    if (contender === undefined) throw new Error('no broker');
    const topic = await contender.topic(1);
    const url = `http://${contender.broker.http}`;
    const ask = async (): Promise<Sample> => {
      const count = `${bench.scale.freshRecords}`;
      const { p50Ms, p99Ms } = await librdkafka<Times>('fresh', contender.bootstrap, topic, count, url);
      return { p50Ms, p99Ms };
    };
    const quietly = await measure(contender, [], bench.scale.quietMs, ask);
    bench.progress('beside 5 MB/s');
    const load = trickle(contender.bootstrap, topic, 5_000_000);
    const loaded = await measure(contender, [], bench.scale.quietMs, ask).finally(() => load.stop());
    await contender.drop(topic);
    return [{ 'quarry-search': quietly, 'quarry-search-loaded': loaded }];
  },
};

export const searchCases: readonly BenchCase[] = [index, fresh];
