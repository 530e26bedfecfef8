import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import { failureOf } from './errors.ts';
import { SqliteFile, type SqlOutcome, type SqlRequest } from './sqlite-file.ts';

/** A message to the thread. */
export interface SqliteWork {
  readonly requests: readonly SqlRequest[];
  readonly close?: boolean;
}

/** The thread's answer: outcomes in the order of the requests. The very first message says whether opening worked. */
export interface SqliteReply {
  readonly outcomes: readonly SqlOutcome[];
}

/** Most requests in one commit: bounds how long the first of them waits. */
const MAX_BATCH = 2000;

function serve(port: MessagePort, file: SqliteFile): void {
  let queue: SqlRequest[] = [];
  let scheduled = false;
  let closing = false;
  const flush = (): void => {
    scheduled = false;
    const batch = queue.slice(0, MAX_BATCH);
    queue = queue.slice(MAX_BATCH);
    if (batch.length > 0) port.postMessage({ outcomes: file.run(batch) } satisfies SqliteReply);
    if (queue.length > 0) schedule();
    else if (closing) finish();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After the messages that have already arrived: everything that waits shares one commit.
    setImmediate(flush);
  };
  const finish = (): void => {
    file.close();
    port.close();
  };
  port.on('message', (work: SqliteWork) => {
    for (const request of work.requests) queue.push(request);
    closing ||= work.close === true;
    schedule();
  });
}

function start(port: MessagePort, path: string, shared: readonly string[] | undefined): void {
  let file: SqliteFile;
  try {
    file = new SqliteFile(path, shared);
  } catch (error) {
    port.postMessage({ outcomes: [{ failure: failureOf(error) }] } satisfies SqliteReply);
    port.close();
    return;
  }
  serve(port, file);
  port.postMessage({ outcomes: [] } satisfies SqliteReply);
}

const { path, shared } = workerData as { path: string; shared?: readonly string[] };
start(present(parentPort, 'parent port'), path, shared);
