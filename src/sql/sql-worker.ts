import { type MessagePort, parentPort } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import { Channel } from '../base/channel.ts';
import { codecs } from '../base/compression.ts';
import { encodeAnswer, readRows } from './answer.ts';
import { askDuckDb, QueryDatabase } from './database.ts';
import type { SqlHostCalls, SqlJob, SqlWorkerCalls } from './messages.ts';
import { loadTopic } from './topic-loader.ts';

/** Runs queries of the host, each in a database of its own. */
function serve(port: MessagePort): void {
  const channel: Channel<SqlHostCalls> = new Channel<SqlHostCalls>(port, {
    query: (job: SqlJob, signal: AbortSignal) => query(channel, job, signal),
  } satisfies Record<keyof SqlWorkerCalls, unknown>);
}

async function query(host: Channel<SqlHostCalls>, job: SqlJob, signal: AbortSignal): Promise<Uint8Array> {
  const { id, sql, format, limits } = job;
  const database = await QueryDatabase.open(limits);
  const interrupt = (): void => database.connection.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    const statement = await askDuckDb(() => database.check(sql));
    let text = sql;
    if (statement.listsTables) {
      const names = (await host.call('list', id)).map((name) => `('${name.replaceAll("'", "''")}')`);
      text = names.length === 0 ? 'SELECT NULL AS name LIMIT 0' : `SELECT * FROM (VALUES ${names.join(', ')}) t(name)`;
    }
    const tables = await host.call('resolve', { id, tables: statement.tables });
    for (const table of tables) {
      await askDuckDb(() => database.createTopic(table.name));
      if (statement.describes) continue;
      await loadTopic({
        database,
        table,
        codecs,
        maxBatchBytes: limits.maxBatchBytes,
        read: (partition, from, to) => host.call('read', { id, topic: table.name, partition, from, to }),
        signal,
      });
    }
    signal.throwIfAborted();
    const rows = await askDuckDb(async () => readRows(await database.connection.stream(text), limits, signal));
    return await encodeAnswer(rows, format, limits);
  } finally {
    signal.removeEventListener('abort', interrupt);
    database.close();
  }
}

serve(present(parentPort, 'parent port'));
