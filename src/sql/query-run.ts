import { type Clock, every, type Timer } from '../base/clock.ts';
import { codecs } from '../base/compression.ts';
import { CatalogUnavailable } from '../lake/catalog.ts';
import { recordSchema } from '../lake/parquet/record-schema.ts';
import type { Schema } from '../lake/schema.ts';
import { ObjectNotFound, ObjectStoreUnavailable } from '../objects/errors.ts';
import { type BroughtFiles, LocalFilesFull } from '../objects/local-files.ts';
import { encodeAnswer, readRows, type Rows } from './answer.ts';
import { literal } from './column-types.ts';
import { askDuckDb, type QueryDatabase, type TopicRows } from './database.ts';
import type { QueryDatabases } from './databases.ts';
import { SqlError } from './errors.ts';
import { rowsThatCount } from './expiry.ts';
import type { LocalFile } from './marked-files.ts';
import type { LogPiece, PartitionRange, ResolvedTopic, SqlAnswer, SqlJob } from './messages.ts';
import { planText } from './plan-text.ts';
import type { RegistryValues } from './registry-values.ts';
import type { Statement, TableReference } from './statement.ts';
import type { TablePlan } from './table-plan.ts';
import type { TablePlanner } from './table-planner.ts';
import { loadTopic } from './topic-loader.ts';

/** What a query asks of the thread that has topics and log. */
export interface QueryHost {
  list(): Promise<string[]>;
  resolve(tables: readonly TableReference[]): Promise<ResolvedTopic[]>;
  ranges(topic: ResolvedTopic, from: ReadonlyMap<number, number>): Promise<PartitionRange[]>;
  read(topic: string, range: PartitionRange): Promise<LogPiece>;
}

export interface QueryRun {
  readonly job: SqlJob;
  readonly host: QueryHost;
  /** Parses and runs nothing else. */
  readonly parser: QueryDatabase;
  readonly databases: QueryDatabases;
  /** Undefined where topics have no tables. */
  readonly planner: (() => Promise<TablePlanner>) | undefined;
  /** Undefined where values are JSON and nothing else. */
  readonly values: (() => Promise<RegistryValues>) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told what the query is about to read. */
  readonly onRead: (read: { files: number; pruned: number; fetchedBytes: number; logRows: number }) => void;
}

/** A topic and where its records are: in files of its table, and in the log from there on. */
export interface TopicSource {
  readonly topic: ResolvedTopic;
  readonly plan: TablePlan | undefined;
  readonly ranges: readonly PartitionRange[];
  readonly files: BroughtFiles | undefined;
}

/** A run that gathers what the one who asks should know beside the answer. */
type NoticingRun = QueryRun & { readonly notices: Set<string> };

const INTERRUPT_MS = 5;

/** Runs one query from its text to the bytes of the answer. Rejects with SqlError. */
export async function runQuery(run: QueryRun): Promise<SqlAnswer> {
  const notices = new Set<string>();
  const { job, host, parser, signal } = run;
  const statement = await askDuckDb(() => parser.check(job.sql));
  const sources: TopicSource[] = [];
  try {
    const needsFiles = !statement.describes;
    for (const topic of await host.resolve(statement.tables)) sources.push(await sourceOf(run, topic, needsFiles));
    const text = statement.listsTables ? listing(await host.list()) : job.sql;
    const rows = await answerOf({ ...run, notices }, statement, sources, text);
    signal.throwIfAborted();
    return { bytes: await encodeAnswer(rows, job.format, job.limits), notices: [...notices] };
  } catch (error) {
    throw told(error);
  } finally {
    for (const { files } of sources) await files?.release();
  }
}

function listing(names: readonly string[]): string {
  if (names.length === 0) return 'SELECT NULL AS name LIMIT 0';
  return `SELECT * FROM (VALUES ${names.map((name) => `(${literal(name)})`).join(', ')}) t(name)`;
}

/** Finds where a topic's records are, and holds the files. */
async function sourceOf(run: QueryRun, topic: ResolvedTopic, needsFiles: boolean): Promise<TopicSource> {
  const planner = topic.table ? await run.planner?.() : undefined;
  const plan = await planner?.plan(topic);
  let brought: Pick<TopicSource, 'plan' | 'files'> = { plan, files: undefined };
  if (planner !== undefined && plan !== undefined && needsFiles && plan.files.length > 0)
    brought = await bringFiles(planner, topic, plan, run.signal);
  // After the table was loaded, so that the log is known to reach beyond it.
  const ranges = await run.host.ranges(topic, brought.plan?.offsets ?? new Map<number, number>());
  return { topic, ranges, ...brought };
}

async function bringFiles(
  planner: TablePlanner,
  topic: ResolvedTopic,
  plan: TablePlan,
  signal: AbortSignal,
): Promise<Pick<TopicSource, 'plan' | 'files'>> {
  try {
    return { plan, files: await planner.bring(plan, signal) };
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    // Rewritten and removed since the table was loaded: now it says what took their place.
    const next = await planner.plan(topic);
    if (next === undefined) return { plan: undefined, files: undefined };
    return { plan: next, files: await planner.bring(next, signal) };
  }
}

async function answerOf(
  run: NoticingRun,
  statement: Statement,
  sources: readonly TopicSource[],
  text: string,
): Promise<Rows> {
  const { limits } = run.job;
  const paths = sources.flatMap(({ files }) => files?.paths ?? []);
  const database = await run.databases.take(limits, paths);
  let interrupts: Timer | undefined;
  // Again and again: DuckDB forgets an interrupt that comes just before a statement begins.
  const interrupt = (): void => {
    interrupts = every(run.clock, INTERRUPT_MS, () => database.connection.interrupt());
  };
  run.signal.addEventListener('abort', interrupt);
  try {
    for (const source of sources) await loadSource(run, database, source, statement.describes || statement.explains);
    run.signal.throwIfAborted();
    const rows = await askDuckDb(async () => readRows(await database.run(text), limits, run.signal));
    return statement.explains ? { ...rows, rows: [...rows.rows, ['plan', planText(sources)]] } : rows;
  } finally {
    run.signal.removeEventListener('abort', interrupt);
    interrupts?.cancel();
    database.close();
  }
}

async function loadSource(run: NoticingRun, database: QueryDatabase, source: TopicSource, isEmpty: boolean) {
  const { topic, plan, ranges, files } = source;
  const { limits } = run.job;
  const schema = plan?.schema ?? recordSchema();
  const condition = (columns: Schema): string => rowsThatCount(columns, topic.counting, plan?.goneBelow);
  const rows = { ...filesOf(plan, files), hasRows: ranges.length > 0, condition };
  const into = await askDuckDb(() => database.createTopic(topic.name, schema, rows));
  let logRows = 0;
  if (into !== undefined && !isEmpty) {
    const promoted = plan?.promoted ?? [];
    const values = promoted.length === 0 ? undefined : await run.values?.();
    logRows = await loadTopic({
      database,
      into,
      columns: {
        ids: schema.fields.map(({ id }) => id),
        promoted,
        values: values?.forQuery((notice) => run.notices.add(notice)),
      },
      ranges,
      bounds: topic.bounds,
      counting: topic.counting,
      codecs,
      maxBatchBytes: limits.maxBatchBytes,
      read: (range) => run.host.read(topic.name, range),
      signal: run.signal,
    });
  }
  const pruned = plan === undefined ? 0 : plan.of.files - plan.files.length;
  run.onRead({
    files: files === undefined ? 0 : (plan?.files.length ?? 0),
    pruned,
    fetchedBytes: files?.fetchedBytes ?? 0,
    logRows,
  });
}

/** The files of a plan where they were brought to, apart from those in which rows are deleted. */
function filesOf(plan: TablePlan | undefined, brought: BroughtFiles | undefined): Pick<TopicRows, 'paths' | 'marked'> {
  if (plan === undefined || brought === undefined) return { paths: [], marked: undefined };
  const { files, deletes, schema } = plan;
  const local = files.map((file, at) => ({ path: brought.paths[at]!, file }));
  if (deletes === undefined) return { paths: local.map(({ path }) => path), marked: undefined };
  const isMarked = ({ file }: LocalFile): boolean => deletes.marked.has(file.path);
  return {
    paths: local.filter((one) => !isMarked(one)).map(({ path }) => path),
    marked: {
      schema,
      deleteColumns: deletes.columns,
      files: local.filter(isMarked),
      deletes: deletes.files.map((file, at) => ({ path: brought.paths[files.length + at]!, file })),
    },
  };
}

/** What the one who asks is told of an error. */
function told(error: unknown): unknown {
  if (error instanceof CatalogUnavailable || error instanceof ObjectStoreUnavailable || error instanceof ObjectNotFound)
    return new SqlError(`the table cannot be read now: ${error.message}`, 503);
  if (error instanceof LocalFilesFull)
    return new SqlError(
      'the query reads more files of tables than sql.cache.bytes has room for: bound partition, offset or timestamp',
    );
  return error;
}
