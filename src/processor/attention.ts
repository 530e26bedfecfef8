import { type FailureKind, kindOfFailure } from './jobs/failures.ts';
import type { JobView } from './jobs/types.ts';
import type { TableStatus } from './tables/types.ts';

/** Something that a person should look at. */
export interface Attention {
  readonly part: 'wal' | 'packs' | 'text' | 'tables' | 'jobs' | 'processor';
  /** What of the part: a topic, the id of a job. */
  readonly subject?: string;
  /** What is wrong. */
  readonly reason: string;
  /** What a person has to do about it. */
  readonly todo: string;
}

/** What is looked at. */
export interface ProcessorFacts {
  readonly wal: {
    readonly failure: string | undefined;
    /** Why no file can be made for appends to come. */
    readonly trouble?: string | undefined;
    readonly overLimit: boolean;
  };
  readonly packs: { readonly failing: string | undefined };
  readonly text: {
    readonly failing: string | undefined;
    /** Its thread has died. */
    readonly ended?: boolean;
  };
  readonly tables: {
    readonly failing: string | undefined;
    readonly lost: number;
    readonly tables: readonly TableStatus[];
  };
  readonly jobs: readonly JobView[];
  /** Kinds of jobs that were paused one by one. */
  readonly pausedKinds: readonly string[];
  /** Everything is paused. */
  readonly paused: boolean;
}

/** Things that are listed; where there are more, how many is said. */
const LISTED = 100;
/** Failures in a row from which on a person is told: the first ones mend themselves more often than not. */
const WORTH_SAYING = 3;

const ADVICE: Readonly<Record<FailureKind, string>> = {
  unavailable:
    'nothing, if it passes: it is tried again with growing pauses. If it lasts, see whether the object store and the catalog answer from this machine',
  'no-space': 'make room on the disk or in the store; it goes on by itself',
  denied: 'give the broker the right that the reason names; it goes on by itself',
  corrupt:
    'put the object back as it was from a copy of it, then `quarry processor release`; `quarry segments verify` says what else is damaged',
  unknown: 'look at the log for what is around the first failure; it is tried again with growing pauses',
};

const adviceFor = (reason: string): string => ADVICE[kindOfFailure(new Error(reason))];

function ofJob({ id, kind, key, state, failures, reason = '', failureKind }: JobView): Attention[] {
  const subject = key === '' ? id : `${id} (${key})`;
  const named = failureKind ?? kindOfFailure(new Error(reason));
  if (state === 'quarantined')
    return [
      {
        part: 'jobs',
        subject,
        reason: `kept aside: ${reason}`,
        todo: named === 'corrupt' ? ADVICE.corrupt : `when the reason is gone, \`quarry processor release ${id}\``,
      },
    ];
  if (failures < WORTH_SAYING) return [];
  return [
    { part: 'jobs', subject, reason: `${kind} failed ${failures} times in a row: ${reason}`, todo: ADVICE[named] },
  ];
}

function ofTable({ topic, failing, refusedColumns }: TableStatus): Attention[] {
  const part = 'tables';
  const refused = refusedColumns.map((reason): Attention => {
    const todo =
      'ask in quarry.table.columns for what Iceberg allows, or for a column of another name; the table goes on without it';
    return { part, subject: topic, reason, todo };
  });
  if (failing === undefined) return refused;
  return [{ part, subject: topic, reason: failing, todo: adviceFor(failing) }, ...refused];
}

function ofTables({ failing, lost, tables }: ProcessorFacts['tables']): Attention[] {
  const found = tables.flatMap(ofTable);
  // The thread as a whole, when no table says it.
  if (failing !== undefined && found.length === 0)
    found.push({ part: 'tables', reason: failing, todo: 'restart the broker; rows wait in the log' });
  if (lost > 0)
    found.push({
      part: 'tables',
      reason: `${lost} offsets went before they were in their table`,
      todo: 'let retention be longer than tables may lag; what was lost is not in the log any more',
    });
  return found;
}

/** What a person has to do, the most urgent first; empty when nothing. */
export function attentionOf(facts: ProcessorFacts): readonly Attention[] {
  const { wal, packs, text, tables, jobs, paused, pausedKinds } = facts;
  const found: Attention[] = [];
  if (wal.failure !== undefined)
    found.push({
      part: 'wal',
      reason: wal.failure,
      todo: 'mend or free the disk, then restart: nothing acknowledged is lost',
    });
  if (wal.trouble !== undefined)
    found.push({
      part: 'wal',
      reason: `no file can be made for it: ${wal.trouble}`,
      todo: 'make room on the disk before those that are there are full; it goes on by itself',
    });
  if (paused) found.push({ part: 'processor', reason: 'it was paused', todo: '`quarry processor resume`' });
  if (wal.overLimit)
    found.push({
      part: 'wal',
      reason: 'it is larger than wal.max.bytes',
      todo: 'see why packs are not made: it is paused, failing, or slower than what is produced',
    });
  if (packs.failing !== undefined) found.push({ part: 'packs', reason: packs.failing, todo: adviceFor(packs.failing) });
  if (text.failing !== undefined) {
    const ended = 'restart the broker: nothing is found until then, and what is to be indexed waits in the log';
    found.push({ part: 'text', reason: text.failing, todo: text.ended === true ? ended : adviceFor(text.failing) });
  }
  found.push(...ofTables(tables), ...jobs.flatMap(ofJob));
  if (!paused)
    for (const kind of pausedKinds)
      found.push({ part: 'jobs', subject: kind, reason: 'it was paused', todo: `\`quarry processor resume ${kind}\`` });
  if (found.length <= LISTED) return found;
  const more = { part: 'processor', reason: `${found.length - LISTED} more`, todo: 'begin with these' } as const;
  return [...found.slice(0, LISTED), more];
}
