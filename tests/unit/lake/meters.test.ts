import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import {
  CatalogUnavailable,
  CommitConflict,
  createIcebergWriter,
  createMetrics,
  type IcebergWriter,
  LakeMeters,
  MemoryCatalog,
  meteredCatalog,
  type Metrics,
  type PointerChange,
  type Schema,
} from '../../../src/lake/index.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { QUICK } from './tables.ts';

const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'name', required: true, type: 'string' }],
};

/** Fails as often as it is told to. */
class TroubledCatalog extends MemoryCatalog {
  readonly troubles: Error[] = [];

  override commit(changes: readonly PointerChange[]): Promise<void> {
    const trouble = this.troubles.shift();
    return trouble === undefined ? super.commit(changes) : Promise.reject(trouble);
  }
}

let metrics: Metrics;
/** Whether the store refuses to delete. */
let keeps: boolean;
let catalog: TroubledCatalog;
let writer: IcebergWriter;

beforeEach(async () => {
  metrics = createMetrics();
  keeps = false;
  const store = memoryStore(systemClock);
  const stubborn = {
    ...store,
    delete: (keys: readonly string[]) => (keeps ? Promise.reject(new Error('no')) : store.delete(keys)),
  };
  catalog = new TroubledCatalog();
  const config = {
    catalog: meteredCatalog(catalog, metrics, systemClock),
    base: 'memory:/lake',
    schema: SCHEMA,
    clock: systemClock,
    random: seededRandom(1),
    retry: QUICK,
    meters: new LakeMeters(metrics),
  };
  writer = createIcebergWriter(config, stubborn, 'tenant', 'dataset', 'names');
  await writer.table();
});

const batch = (...names: unknown[]) => ({ rows: names.length, columns: { name: names } });

/** The value of a series; undefined when there is none. */
async function value(series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('the numbers of a writer', () => {
  test('a commit that works at once is a commit, and no retry', async () => {
    await writer.writeBatch(batch('a', 'b'));
    expect(await value('quarry_lake_commits_total{outcome="committed"}')).toBe(1);
    expect(await value('quarry_lake_commit_seconds_count')).toBe(1);
    expect(await value('quarry_lake_commits_after_retry_total')).toBe(0);
    expect(await value('quarry_lake_transactions_total{outcome="committed",cause="none"}')).toBe(1);
  });

  test('attempts that fail are counted by cause, and the commit that follows as one after retries', async () => {
    catalog.troubles.push(new CommitConflict('taken'), new CatalogUnavailable('gone'));
    await writer.writeBatch(batch('a'));
    expect(await value('quarry_lake_commit_retries_total{cause="conflict"}')).toBe(1);
    expect(await value('quarry_lake_commit_retries_total{cause="unavailable"}')).toBe(1);
    expect(await value('quarry_lake_commits_after_retry_total')).toBe(1);
    expect(await value('quarry_catalog_requests_total{operation="commit",outcome="CommitConflict"}')).toBe(1);
    // The creation of the table, and the attempt that worked.
    expect(await value('quarry_catalog_requests_total{operation="commit",outcome="ok"}')).toBe(2);
  });

  test('a commit that never works rolls its transaction back, with the cause', async () => {
    catalog.troubles.push(...Array.from({ length: QUICK.attempts }, () => new CommitConflict('taken')));
    await expect(writer.writeBatch(batch('a'))).rejects.toThrow(CommitConflict);
    expect(await value('quarry_lake_commits_total{outcome="conflict"}')).toBe(1);
    expect(await value('quarry_lake_commit_retries_total{cause="conflict"}')).toBe(QUICK.attempts - 1);
    expect(await value('quarry_lake_transactions_total{outcome="rolled-back",cause="conflict"}')).toBe(1);
  });

  test('a rollback by whoever began it is told from one by rows that do not fit', async () => {
    await writer.rollbackTransaction(writer.beginTransaction());
    await expect(writer.writeBatch(batch(17))).rejects.toThrow(RangeError);
    expect(await value('quarry_lake_transactions_total{outcome="rolled-back",cause="asked"}')).toBe(1);
    expect(await value('quarry_lake_transactions_total{outcome="rolled-back",cause="write"}')).toBe(1);
  });

  test('rows, memory and cuts of batches are counted', async () => {
    writer.setBatchConfig({ maxRowsPerBatch: 2 });
    await writer.writeBatch(batch('ab', 'cd', 'ef', 'gh', 'ij'));
    expect(await value('quarry_lake_batch_splits_total')).toBe(2);
    expect(await value('quarry_lake_batch_rows_count')).toBe(3);
    expect(await value('quarry_lake_batch_rows_sum')).toBe(5);
    expect(await value('quarry_lake_batch_memory_bytes_sum')).toBe(20);
  });
});

test('files of a commit that failed are counted when the store keeps them', async () => {
  keeps = true;
  catalog.troubles.push(...Array.from({ length: QUICK.attempts }, () => new CommitConflict('somebody was first')));
  await expect(writer.writeBatch(batch('a'))).rejects.toThrow(CommitConflict);
  // A data file, and of each attempt a manifest, its list and the metadata.
  expect(await value('quarry_lake_files_left_total')).toBe(1 + 3 * QUICK.attempts);
});
