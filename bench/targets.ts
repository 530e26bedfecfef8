import { figure, ratio, type Rounds } from './case.ts';

/** What the project promises about a case, and what came out. */
export interface Outcome {
  readonly target: string;
  readonly value: number;
  readonly bound: number;
  readonly pass: boolean;
}

const atLeast = (target: string, value: number, bound: number): Outcome => {
  return { target, value, bound, pass: value >= bound };
};
const atMost = (target: string, value: number, bound: number): Outcome => {
  return { target, value, bound, pass: value <= bound };
};

const faster = (rounds: Rounds, what: string, times = 1, than = 'kafka'): Outcome =>
  atLeast(`${what}: MB/s ÷ ${than}'s`, ratio(rounds, 'quarry', than, 'mbPerS'), times);
const cheaper = (rounds: Rounds, what: string): Outcome =>
  atMost(`${what}: broker CPU-s/GB ÷ Kafka's`, ratio(rounds, 'quarry', 'kafka', 'cpuSecondsPerGb'), 1);

const oftener = (rounds: Rounds, what: string): Outcome =>
  atLeast(`${what}: per second ÷ Kafka's`, ratio(rounds, 'quarry', 'kafka', 'perSecond'), 1);

const byCase: Readonly<Record<string, (rounds: Rounds) => Outcome[]>> = {
  'java-produce-16k': (r) => [faster(r, 'Java produce 16k'), cheaper(r, 'Java produce 16k')],
  'java-produce-256k': (r) => [faster(r, 'Java produce 256k'), cheaper(r, 'Java produce 256k')],
  'librdkafka-produce': (r) => [faster(r, 'librdkafka produce'), cheaper(r, 'librdkafka produce')],
  'java-read': (r) => [faster(r, 'Java read')],
  'librdkafka-read': (r) => [faster(r, 'librdkafka read')],
  'random-1000': (r) => [faster(r, '1,000 random partitions', 5)],
  'librdkafka-produce-256k-fsync': (r) => [faster(r, 'librdkafka produce 256k', 3, 'kafka-fsync')],
  'transactions-1': (r) => [oftener(r, 'transactions, 1 producer')],
  'transactions-20': (r) => [oftener(r, 'transactions, 20 producers')],
  ack: (r) => [
    atMost(
      "ack p50 ms; bound: Kafka's unsynced + 1.5 × raw append+fdatasync",
      figure(r, 'quarry', 'p50Ms'),
      figure(r, 'kafka', 'p50Ms') + 1.5 * figure(r, 'disk', 'p50Ms'),
    ),
  ],
  ready: (r) => [atMost('ready with a 1 GiB WAL, ms', figure(r, 'quarry', 'readyMs'), 1000)],
  idle: (r) => [atMost('idle with 1,000 partitions, % of a core', figure(r, 'quarry', 'idlePercent'), 2)],
  index: (r) => [atLeast('MB indexed per core-second', figure(r, 'quarry-search', 'mbPerCoreSecond'), 15)],
  'parquet-flush': (r) => [
    atLeast("flush: MB a core-second ÷ pyarrow's", ratio(r, 'quarry', 'pyarrow', 'mbPerCoreSecond'), 0.5),
    atLeast(
      "flush with JSON fields as columns: MB a core-second ÷ pyarrow's",
      ratio(r, 'quarry-promoted', 'pyarrow-promoted', 'mbPerCoreSecond'),
      0.5,
    ),
  ],
  sql: (r) => [atMost("SQL: time ÷ DuckDB's on pyarrow's files", ratio(r, 'quarry', 'pyarrow', 'p50Ms'), 1.3)],
  commits: (r) => [atMost('commit on SQLite, p50 ms', figure(r, 'sqlite', 'p50Ms'), 100)],
  table: (r) => [atLeast('MB into a table per core-second', figure(r, 'quarry-table', 'mbPerCoreSecond'), 20)],
  fresh: (r) => [
    atMost('ack to searchable, p50 ms', figure(r, 'quarry-search', 'p50Ms'), 500),
    atMost('ack to searchable beside 5 MB/s, p50 ms', figure(r, 'quarry-search-loaded', 'p50Ms'), 500),
  ],
};

/** The targets that a case decides. */
export function targetsOf(name: string, rounds: Rounds): Outcome[] {
  return byCase[name]?.(rounds) ?? [];
}

/** Peak memory of our process tree over all cases with search off. */
export function memoryTarget(peakMiB: number): Outcome {
  return atMost('peak memory of the process tree, MiB', peakMiB, 350);
}
