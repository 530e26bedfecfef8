import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { DEFAULT_MERGE } from '../../../src/base/merge-policy.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { compactTable, LakeMeters, MemoryCatalog, Memtable, warehouseAt } from '../../../src/lake/index.ts';
import { JSON_VALUES } from '../../../src/lake/values/value-reader.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { Flusher } from '../../../src/processor/tables/flusher.ts';
import { LakeTables } from '../../../src/processor/tables/lake-tables.ts';
import { TopicTable } from '../../../src/processor/tables/topic-table.ts';
import type { SettledFiles } from '../../../src/processor/tables/types.ts';

const SPEC = { topicId: 'id', name: 'orders', partitions: 1, columns: { columns: '', infer: false } };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A table whose files are written and committed as by a run that is killed before it settles them. */
function open() {
  const store = memoryStore(systemClock);
  const announced = new Set<string>();
  const settled: SettledFiles[] = [];
  const host = {
    announce: async (key: string) => void announced.add(key),
    settle: async (files: SettledFiles) => void settled.push(files),
    discard: () => Promise.resolve(),
    unsettled: async () => [...announced],
  };
  const tables = new LakeTables({
    catalog: new MemoryCatalog(),
    warehouse: warehouseAt('memory:/lake', store),
    clock: systemClock,
    random: seededRandom(3),
    host,
    files: { compression: 'zstd', maxRows: 1000, maxBytes: 1 << 20 },
    values: JSON_VALUES,
    meter: new LakeMeters(createMetrics()),
    onCommit: () => {},
  });
  closers.push(() => tables.close());
  let offset = 0;
  const write = async (isCommitted: boolean): Promise<string> => {
    const files = await tables.open(SPEC);
    const rows = new Memtable();
    rows.append(0, offset, 1_767_225_600_000, 0, null, Buffer.from('v'), []);
    const before = new Set(announced);
    const written = await files.write(rows.freeze(), host.announce);
    if (isCommitted) await files.commit(written.files, new Map([[0, { from: offset, to: ++offset }]]));
    return [...announced].find((key) => !before.has(key))!;
  };
  /** What the next start makes of what the run left. */
  const restart = async (): Promise<SettledFiles> => {
    const flusher = new Flusher({ tables, host, clock: systemClock, logger: silentLogger, onFlush: () => {} });
    await flusher.open(new TopicTable(SPEC));
    return settled.at(-1)!;
  };
  return { tables, write, restart };
}

test('a file that was replaced before a crash let it be settled stays while an old snapshot names it', async () => {
  const { tables, write, restart } = open();
  const committed = [await write(true), await write(true), await write(true), await write(true)];
  const table = (await tables.table(SPEC))!;
  expect(await compactTable(table, { rule: DEFAULT_MERGE })).toMatchObject({ merges: 1, filesAfter: 1 });
  const later = await write(true);
  const lost = await write(false);
  const done = await restart();
  expect([...done.committed].sort()).toEqual([...committed, later].sort());
  expect(done.abandoned).toEqual([lost]);
});

test('and goes when no snapshot names it any more', async () => {
  const { tables, write, restart } = open();
  const committed = [await write(true), await write(true), await write(true), await write(true)];
  const table = (await tables.table(SPEC))!;
  await compactTable(table, { rule: DEFAULT_MERGE });
  const old = table.metadata.snapshots.slice(0, -1).map((one) => one['snapshot-id']);
  await table.update([{ action: 'remove-snapshots', 'snapshot-ids': old }]);
  const done = await restart();
  expect(done.committed).toEqual([]);
  expect([...done.abandoned].sort()).toEqual(committed.sort());
});
