import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { POSTGRES_BIN, PostgresServer } from '../tests/contract/catalogs/postgres-server.ts';
import { type Bench, type BenchCase, pairedRounds, type Rounds } from './case.ts';
import { type Contender, measure, type Sample } from './contender.ts';
import { node } from './lake-cases.ts';
import { librdkafka, type Moved } from './load.ts';
import { metricsOf } from './metrics.ts';
import { payloadFile, RECORD_BYTES } from './payload.ts';
import { quiet } from './processes.ts';

/** Produces, and where the topic is a table waits until all records are its rows; the rate counts from the first record. */
async function produceToTable(contender: Contender, topic: string, records: number): Promise<Sample> {
  const rows = async (): Promise<number> => (await metricsOf(contender.broker.http ?? ''))('quarry_table_rows');
  const isTable = contender.name === 'quarry-table';
  const before = isTable ? await rows() : 0;
  const began = process.hrtime.bigint();
  const moved = await librdkafka<Moved>('produce', contender.bootstrap, topic, `${records}`, payloadFile(), 'acks=all');
  const sample: Sample = { mbPerS: moved.bytes / 1e6 / moved.seconds };
  if (!isTable) return sample;
  const limit = began + 300_000_000_000n;
  while ((await rows()) < before + records) {
    if (process.hrtime.bigint() > limit) throw new Error('not in the table within 300 s');
    await scheduler.wait(100);
  }
  return { ...sample, perSecond: records / (Number(process.hrtime.bigint() - began) / 1e9) };
}

const toTable: BenchCase = {
  name: 'table',
  title: 'librdkafka produce of JSON log lines, table on and off; rows a second until all are committed',
  async run(bench) {
    const contenders = await bench.stage.with(['quarry', 'quarry-table']);
    const records = bench.scale.indexRecords;
    const rounds = await pairedRounds(bench, contenders, async (contender, others) => {
      const topic = await contender.topic(6);
      const sample = await measure(contender, others, bench.scale.quietMs, () =>
        produceToTable(contender, topic, records),
      );
      await contender.drop(topic);
      return sample;
    });
    // What the table costs is what the same load costs more with it.
    for (const round of rounds) {
      const [on, off] = [round['quarry-table'], round['quarry']];
      const extra = (on?.brokerCpuSeconds ?? Number.NaN) - (off?.brokerCpuSeconds ?? Number.NaN);
      if (on !== undefined) on['mbPerCoreSecond'] = (records * RECORD_BYTES) / 1e6 / extra;
    }
    return rounds;
  },
};

interface Committer {
  readonly name: string;
  /** Tables that are committed to at the same time. */
  readonly tables: number;
  readonly url: (folder: string) => string;
}

async function commitRounds(bench: Bench, committers: readonly Committer[]): Promise<Rounds> {
  return pairedRounds(bench, committers, async ({ tables, url }): Promise<Sample> => {
    const folder = mkdtempSync(join(bench.folder, 'quarry-bench-commits-'));
    try {
      await quiet(bench.scale.quietMs);
      return await node<Sample>('commits.ts', url(folder), folder, `${bench.scale.tableCommits}`, `${tables}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

const commits: BenchCase = {
  name: 'commits',
  title: 'commits of a data file to Iceberg tables, one after another, or to 8 and 32 tables at once',
  async run(bench) {
    const sqlite = (folder: string): string => `sqlite:${join(folder, 'catalog.db')}`;
    const committers: Committer[] = [
      { name: 'memory', tables: 1, url: () => 'memory:' },
      { name: 'sqlite', tables: 1, url: sqlite },
      { name: 'sqlite-8', tables: 8, url: sqlite },
    ];
    if (POSTGRES_BIN === undefined) {
      bench.progress('PostgreSQL is not installed: its catalog is not measured');
      return commitRounds(bench, committers);
    }
    const server = await PostgresServer.start(POSTGRES_BIN, { durable: true });
    try {
      await server.run('CREATE DATABASE bench');
      const url = (): string => server.url('bench');
      for (const tables of [1, 8, 32])
        committers.push({ name: tables === 1 ? 'postgres' : `postgres-${tables}`, tables, url });
      return await commitRounds(bench, committers);
    } finally {
      await server.stop();
    }
  },
};

/** Batches a second of the library's writer. */
const transactions: BenchCase = {
  name: 'table-transactions',
  title: 'batches of 100 rows by the library: each written alone, each in a transaction, all in one transaction',
  async run(bench) {
    const rounds: Rounds = [];
    for (let round = 0; round < bench.rounds; round++) {
      const folder = mkdtempSync(join(bench.folder, 'quarry-bench-transactions-'));
      try {
        await quiet(bench.scale.quietMs);
        const told = await node<Record<string, number>>('transactions.ts', folder, `${bench.scale.tableBatches}`);
        rounds.push(Object.fromEntries(Object.entries(told).map(([name, perSecond]) => [name, { perSecond }])));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return rounds;
  },
};

export const tableCases: readonly BenchCase[] = [commits, transactions, toTable];
