import type { Clock } from '../base/clock.ts';
import type { HealthPart, HealthSource } from '../http/deps.ts';
import type { JobView } from '../processor/jobs/types.ts';
import type { Processing } from './processing.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

type Status = HealthPart['status'];

/** What is asked how it is. */
export interface HealthSubjects {
  readonly clock: Clock;
  readonly log: Pick<Topics['log'], 'failure'> & {
    readonly wal: Pick<Topics['log']['wal'], 'bytesOnDisk' | 'maxBytes' | 'overLimit'> &
      Partial<Pick<Topics['log']['wal'], 'trouble'>>;
  };
  readonly sql: Pick<Storage['sql'], 'query'>;
  readonly store: Pick<Storage['store'], 'head'>;
  readonly packs: Pick<Processing['packs'], 'status'>;
  readonly text: Pick<Processing['text'], 'status'>;
  readonly tables: Pick<Processing['tables'], 'status' | 'askCatalog'>;
  readonly jobs: Pick<Processing['jobs'], 'jobs' | 'kinds'>;
  readonly doors: () => HealthPart;
}

/** Longest that a part may take to say how it is. */
const PATIENCE_MS = 2000;
/** A job that waits for its turn for so long does not come to it. */
const LONG_WAIT_MS = 600_000;
/** Reasons that are told of one part. */
const MAX_REASONS = 5;

/** A part that is well, or `status` with the reasons why not. */
function part(name: string, status: Status, reasons: readonly string[], details?: HealthPart['details']): HealthPart {
  const more = reasons.length > MAX_REASONS ? [`and ${reasons.length - MAX_REASONS} more`] : [];
  return {
    name,
    status: reasons.length === 0 ? 'ok' : status,
    ...(reasons.length > 0 && { reason: [...reasons.slice(0, MAX_REASONS), ...more].join('; ') }),
    ...(details !== undefined && { details }),
  };
}

/** `ask`, or a failure when it takes too long. */
async function within<T>(clock: Clock, ask: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    const timer = clock.after(PATIENCE_MS, () => reject(new Error('it does not answer')));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([ask, late]);
  } finally {
    cancel();
  }
}

/** What `ask` gives; a part that is `failed` when it rejects or takes too long. */
async function asked(clock: Clock, name: string, failed: Status, ask: () => Promise<HealthPart>): Promise<HealthPart> {
  try {
    return await within(clock, ask());
  } catch (error) {
    return part(name, failed, [(error as Error).message]);
  }
}

function walHealth({ log }: HealthSubjects): HealthPart {
  const { bytesOnDisk, maxBytes, overLimit, trouble } = log.wal;
  const details = { bytes: bytesOnDisk, maxBytes };
  if (log.failure !== undefined)
    return part('wal', 'failing', [`appends are refused until a restart: ${log.failure.message}`], details);
  const reasons: string[] = [];
  if (overLimit) reasons.push('the log is larger than wal.max.bytes; packing cannot keep up');
  if (trouble !== undefined)
    reasons.push(
      `no file can be made for the log, and appends are refused as soon as those that are there are full: ${trouble.message}`,
    );
  return part('wal', 'degraded', reasons, details);
}

function sentenceOf({ kind, key, failures, reason }: JobView): string {
  const what = key === '' ? kind : `${kind} of ${key}`;
  return `${what} failed ${failures === 1 ? 'once' : `${failures} times`}, will try again: ${reason ?? 'unknown'}`;
}

/** Jobs of an area that wait for another attempt, as sentences. */
function failingJobs({ jobs }: HealthSubjects, areas: readonly string[]): string[] {
  const kinds = new Set(
    jobs
      .kinds()
      .filter(({ area }) => areas.includes(area))
      .map(({ name }) => name),
  );
  return jobs
    .jobs()
    .filter(({ kind, state, failures }) => kinds.has(kind) && state !== 'quarantined' && failures > 0)
    .map(sentenceOf);
}

/** What brings records out of the log: packs and tables. */
async function flushHealth(subjects: HealthSubjects): Promise<HealthPart> {
  const { failing, waiting } = subjects.packs.status();
  const { tables, failing: tableThread, lag, memoryBytes } = await subjects.tables.status();
  const known: string[] = [];
  if (failing !== undefined) known.push(`packs cannot be stored, will try again: ${failing}`);
  for (const table of tables)
    if (table.failing !== undefined)
      known.push(`the table of ${table.topic} does not get on, will try again: ${table.failing}`);
  if (tableThread !== undefined && tables.length === 0) known.push(`topics are not put into tables: ${tableThread}`);
  // What a job failed of is told once.
  const others = failingJobs(subjects, ['flush']).filter(
    (sentence) => !known.some((told) => sentence.endsWith(told.slice(told.indexOf(': ')))),
  );
  const details = { waitingSegments: waiting, tableLag: lag, tableMemoryBytes: memoryBytes };
  return part('flush', 'degraded', [...known, ...others], details);
}

/** The full-text index, live and stored. */
async function indexHealth({ text }: HealthSubjects): Promise<HealthPart> {
  const { failing, backlog, memoryBytes } = await text.status();
  const reasons = failing === undefined ? [] : [`text segments cannot be stored, will try again: ${failing}`];
  return part('index', 'degraded', reasons, { backlog, memoryBytes });
}

/** Jobs that are kept aside, do not come to their turn, or fail in a way that no other part tells. */
function queueHealth(subjects: HealthSubjects): HealthPart {
  const all = subjects.jobs.jobs();
  const aside = all.filter(({ state }) => state === 'quarantined');
  const queued = all.filter(({ state }) => state === 'queued');
  const since = subjects.clock.now() - LONG_WAIT_MS;
  const paused = new Set(
    subjects.jobs
      .kinds()
      .filter((kind) => kind.paused)
      .map(({ name }) => name),
  );
  const reasons = aside.map(
    ({ id, kind, key, reason }) =>
      `${key === '' ? kind : `${kind} of ${key}`} is kept aside until 'quarry processor release ${id}': ${reason ?? ''}`,
  );
  const late = queued.filter(({ kind, queuedAt }) => queuedAt < since && !paused.has(kind));
  if (late.length > 0) reasons.push(`jobs that wait for their turn for more than ten minutes: ${late.length}`);
  reasons.push(...failingJobs(subjects, ['wal', 'system']));
  return part('queues', 'degraded', reasons, {
    queued: queued.length,
    running: all.filter(({ state }) => state === 'running').length,
    waiting: all.filter(({ state }) => state === 'waiting').length,
    quarantined: aside.length,
  });
}

/** How each part of the broker is. Object store and processor only degrade it: produce and fetch of what is in the log go on. */
export function brokerHealth(subjects: HealthSubjects): HealthSource {
  const { clock, sql, store, tables, doors } = subjects;
  const metadata = async (): Promise<HealthPart> => {
    await sql.query('SELECT 1 AS one');
    return part('metadata', 'ok', []);
  };
  const objects = async (): Promise<HealthPart> => {
    await store.head('health/probe');
    return part('objects', 'ok', []);
  };
  const catalog = async (): Promise<HealthPart> => part('catalog', 'ok', [], { inUse: await tables.askCatalog() });
  return {
    parts: async () => [
      walHealth(subjects),
      part('compaction', 'degraded', failingJobs(subjects, ['compaction'])),
      queueHealth(subjects),
      doors(),
      ...(await Promise.all([
        asked(clock, 'metadata', 'failing', metadata),
        asked(clock, 'flush', 'degraded', () => flushHealth(subjects)),
        asked(clock, 'index', 'degraded', () => indexHealth(subjects)),
        asked(clock, 'objects', 'degraded', objects),
        asked(clock, 'catalog', 'degraded', catalog),
      ])),
    ],
  };
}
