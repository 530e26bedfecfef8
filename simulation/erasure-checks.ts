import { type DataFile, loadTable, type Table, warehouseAt } from '../src/lake/index.ts';
import { DataFileReader } from '../src/lake/parquet/data-file-reader.ts';
import { NoSuchTable } from '../src/lake/catalog.ts';
import { seededRandom } from '../src/base/random.ts';
import type { KeyDeletionRow } from '../src/metadata/key-deletions.ts';
import { textSegmentRegistry } from '../src/metadata/registry.ts';
import {
  checkProducers,
  checkRecords,
  type Content,
  contentOf,
  type History,
  type Written,
} from './compaction-checks.ts';
import { BASE_URI, TOPIC, TOPIC_ID } from './erasure-topic.ts';
import type { ErasureWorld } from './erasure-world.ts';
import { Violation } from './groups-checks.ts';

/** A deletion that was answered. */
export interface Asked {
  readonly id: string;
  readonly key: string;
  readonly ends: readonly number[];
}

/** All that clients did: what was written, by partition, and which deletions they were promised. */
export interface ErasureHistory {
  readonly partitions: readonly History[];
  readonly asked: Asked[];
}

function fail(what: string): never {
  throw new Violation(what);
}

/** What is to become of a record: it stays, may be there or not, or is gone. */
type Fate = 'stays' | 'going' | 'gone';

class Fates {
  readonly #asked: readonly Asked[];
  readonly #finished: ReadonlySet<string>;

  constructor({ asked }: ErasureHistory, rows: readonly KeyDeletionRow[]) {
    this.#asked = asked;
    this.#finished = new Set(rows.filter((row) => row.finished !== undefined).map(({ deletionId }) => deletionId));
  }

  get allDone(): boolean {
    return this.#asked.every(({ id }) => this.#finished.has(id));
  }

  of(partition: number, { key, offset }: Pick<Written, 'key' | 'offset'>): Fate {
    const meant = this.#asked.filter((one) => one.key === key && offset < (one.ends[partition] ?? 0));
    if (meant.length === 0) return 'stays';
    return meant.some(({ id }) => this.#finished.has(id)) ? 'gone' : 'going';
  }
}

/** Checks log, text segments and table against what was written and deleted. Gives the number of records and rows shown. */
export async function checkErasure(world: ErasureWorld, history: ErasureHistory): Promise<number> {
  const fates = new Fates(history, await world.requests());
  let judged = 0;
  const contents: Content[] = [];
  for (const [at, partition] of world.partitions.entries()) {
    const content = await contentOf({ partition, random: world.random });
    contents.push(content);
    checkRecords(content, history.partitions[at]!);
    checkLog(at, content, history.partitions[at]!, fates);
    checkProducers(content, history.partitions[at]!, partition.logStartOffset);
    if (fates.allDone) await checkText(world, at, content);
    judged += content.all.length + content.committed.length;
  }
  return judged + (await checkTable(world, history, fates));
}

function checkLog(partition: number, { all, committed }: Content, { written }: History, fates: Fates): void {
  const shown = new Set(all.map(({ offset }) => offset));
  for (const record of written.values()) {
    const fate = fates.of(partition, record);
    const isShown = shown.has(record.offset);
    if (fate === 'stays' && !isShown)
      fail(`E1 ${record.key} at ${partition}:${record.offset} is gone, and nobody asked for it`);
    if (fate === 'gone' && isShown) fail(`E1 ${record.key} was deleted and is shown at ${partition}:${record.offset}`);
  }
  for (const { offset } of committed)
    if (written.get(offset)?.fate !== 'committed') fail(`I4 aborted read: ${partition}:${offset}`);
}

/** Text segments hold what a reader of committed records is shown. Those that reach into others are passed over. */
async function checkText(world: ErasureWorld, partition: number, { committed }: Content): Promise<void> {
  const rows = await textSegmentRegistry(world.sql).overlapping(TOPIC_ID, partition, 0, Number.MAX_SAFE_INTEGER);
  for (const row of rows) {
    const { baseOffset, lastOffset, documents } = row;
    if (rows.some((one) => one !== row && one.baseOffset <= lastOffset && one.lastOffset >= baseOffset)) continue;
    const shown = committed.filter(({ offset }) => offset >= baseOffset && offset <= lastOffset).length;
    if (shown !== documents)
      fail(
        `I16 search has ${documents} records in [${baseOffset}, ${lastOffset}] of ${partition}, fetches show ${shown}`,
      );
  }
}

async function tableOf({ objects, catalog, clock }: ErasureWorld): Promise<Table | undefined> {
  const context = { catalog, warehouse: warehouseAt(BASE_URI, objects), clock, random: seededRandom(1) };
  try {
    return await loadTable(context, { namespace: ['topics'], name: TOPIC });
  } catch (error) {
    if (error instanceof NoSuchTable) return undefined;
    throw error;
  }
}

interface Row {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

async function rowsOf({ objects }: ErasureWorld, table: Table, files: readonly DataFile[]): Promise<Row[]> {
  const rows: Row[] = [];
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
  for (const file of files) {
    const reader = await DataFileReader.open(objects, file.path.slice(BASE_URI.length + 1), file, table.schema);
    for (let block = await reader.next(); block !== undefined; block = await reader.next())
      for (let row = 0; row < block.rows; row++) {
        const place = { partition: block.partition[row]!, offset: block.offset[row]! };
        rows.push({ ...place, key: text(block.key[row]!), value: text(block.value(row)) });
      }
  }
  return rows;
}

/** The table has every committed record once, as far as its own offsets go, less what was deleted; and so has every snapshot that it keeps. */
async function checkTable(world: ErasureWorld, history: ErasureHistory, fates: Fates): Promise<number> {
  const table = await tableOf(world);
  if (table === undefined) return 0;
  const rows = await rowsOf(world, table, await table.files());
  const there = new Map<string, Row>();
  for (const row of rows) {
    const place = `${row.partition}:${row.offset}`;
    const record = history.partitions[row.partition]?.written.get(row.offset);
    if (there.has(place)) fail(`E2 the table has ${place} twice`);
    if (record?.key !== row.key || record.value !== row.value || record.fate !== 'committed')
      fail(`E2 the row ${place} is not what was written there`);
    if (fates.of(row.partition, row) === 'gone') fail(`E2 ${row.key} was deleted, and the table has ${place}`);
    there.set(place, row);
  }
  for (const [partition, { written }] of history.partitions.entries()) {
    const end = table.logOffsets().get(partition) ?? 0;
    for (const record of written.values())
      if (record.offset < end && record.fate === 'committed' && fates.of(partition, record) === 'stays')
        if (!there.has(`${partition}:${record.offset}`)) fail(`E2 the table lacks ${partition}:${record.offset}`);
  }
  if (fates.allDone) await checkSnapshots(world, table, fates);
  return rows.length;
}

async function checkSnapshots(world: ErasureWorld, table: Table, fates: Fates): Promise<void> {
  for (const { 'snapshot-id': id } of table.metadata.snapshots)
    for (const row of await rowsOf(world, table, await table.files(undefined, id)))
      if (fates.of(row.partition, row) === 'gone') fail(`E3 ${row.key} was deleted, and snapshot ${id} has it`);
}

/** After the grace time the store holds what is registered, and nothing of what was deleted. */
export async function checkErasureObjects(world: ErasureWorld, history: ErasureHistory): Promise<void> {
  const fates = new Fates(history, await world.requests());
  if (!fates.allDone) fail('E4 a deletion that was promised is not done');
  const known = new Set<string>();
  for (const table of ['sections', 'text_segments'])
    for (const row of await world.sql.query(`SELECT DISTINCT object_key FROM ${table}`))
      known.add(String(row['object_key']));
  const iceberg = await tableOf(world);
  for (const { 'snapshot-id': id } of iceberg?.metadata.snapshots ?? [])
    for (const { path } of await iceberg!.files(undefined, id)) known.add(path.slice(BASE_URI.length + 1));
  const gone = history.partitions.flatMap(({ written }, partition) =>
    [...written.values()].flatMap((record) =>
      fates.of(partition, record) === 'gone' && record.value !== null ? [record.value] : [],
    ),
  );
  for await (const { key } of world.objects.list('')) {
    if (key.startsWith('lake/') && !key.endsWith('.parquet')) continue;
    if (!known.delete(key)) fail(`E5 nobody knows the object ${key}`);
    const bytes = Buffer.from(await world.objects.get(key));
    const left = gone.find((value) => bytes.includes(value));
    if (left !== undefined) fail(`E5 ${key} still has '${left.slice(0, 20)}'`);
  }
  for (const key of known) fail(`E5 the object ${key} is missing`);
}
