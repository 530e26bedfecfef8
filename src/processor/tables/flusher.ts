import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type DataFile, OffsetsMoved, parsePromotedColumns } from '../../lake/index.ts';
import type { Frozen, TopicTable } from './topic-table.ts';
import type { TableHost, TopicTableFiles, TopicTables } from './types.ts';

export interface FlusherParts {
  readonly tables: TopicTables;
  readonly host: Pick<TableHost, 'announce' | 'settle' | 'unsettled'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFlush: (seconds: number) => void;
}

/** Makes frozen memtables part of their tables. Every step can be cut off and tried again: a table says itself what is in it. */
export class Flusher {
  readonly #parts: FlusherParts;
  flushes = 0;
  rows = 0;
  files = 0;
  bytes = 0;
  misfits = 0;

  constructor(parts: FlusherParts) {
    this.#parts = parts;
  }

  /** Opens the table and settles what an earlier run left open; reading then begins at the table's offsets. */
  async open(table: TopicTable): Promise<void> {
    const { topicId, name } = table;
    const files = await this.#parts.tables.open({ topicId, name });
    const left = await this.#parts.host.unsettled(files.prefix);
    // The catalog may still be about to get the commit of a run that was killed: its files go only when that has come too late.
    if (left.length > 0) await files.fence();
    await this.#settle(files, left);
    table.restart(files);
  }

  /** Brings the table's columns in line with the setting. */
  async evolve(table: TopicTable, files: TopicTableFiles): Promise<void> {
    const { columns, name: topic } = table;
    table.refusedColumns = await files.evolve(parsePromotedColumns(columns.columns), columns.infer);
    table.columnsDone = columns;
    for (const reason of table.refusedColumns)
      this.#parts.logger.warn({ topic, reason }, 'a column of a table is refused');
  }

  /** Writes, commits and settles what is frozen, from the step on at which it stands. Rejects when a step fails. */
  async flush(table: TopicTable, files: TopicTableFiles, frozen: Frozen): Promise<void> {
    const started = this.#parts.clock.monotonic();
    try {
      if (frozen.step === 'write') await this.#write(files, frozen);
      if (frozen.step === 'commit') await this.#commit(files, frozen);
    } catch (error) {
      if (!(error instanceof OffsetsMoved)) throw error;
      // Somebody else wrote these records, or an answer that never came was a yes.
      await this.startAgain(table, files, true);
      return;
    }
    await this.#parts.host.settle({ committed: frozen.keys, abandoned: [] });
    table.frozen = undefined;
    frozen.rows.release();
    const milliseconds = this.#parts.clock.monotonic() - started;
    this.#parts.onFlush(milliseconds / 1000);
    const { written, rows } = frozen;
    this.#parts.logger.debug(
      { topic: table.name, rows: rows.rows, files: written.files.length, milliseconds: Math.round(milliseconds) },
      'rows were committed to a table',
    );
    // Another engine moved the table back, in partitions that this commit did not move: what went with it is read again.
    if (!table.isAt(files.offsets())) await this.startAgain(table, files, true);
  }

  /**
   * Throws away what is in memory and begins at the table's own offsets. Unless the table is known to be `settled`, a commit whose answer is
   * missing could still happen: its files are then kept until the table is opened next.
   */
  async startAgain(table: TopicTable, files: TopicTableFiles, settled: boolean): Promise<void> {
    await files.refresh();
    const { frozen } = table;
    if (frozen !== undefined && (settled || !frozen.unsure)) await this.#settle(files, frozen.keys);
    table.restart(files);
  }

  async #write(files: TopicTableFiles, frozen: Frozen): Promise<void> {
    const keys: string[] = [];
    try {
      frozen.written = await files.write(frozen.rows, async (key) => {
        keys.push(key);
        await this.#parts.host.announce(key);
      });
    } catch (error) {
      await this.#parts.host.settle({ committed: [], abandoned: keys });
      throw error;
    }
    frozen.keys = keys;
    frozen.step = 'commit';
  }

  async #commit(files: TopicTableFiles, frozen: Frozen): Promise<void> {
    if (frozen.unsure) await files.refresh();
    frozen.unsure = true;
    const { files: added, misfits } = frozen.written;
    await files.commit(added, frozen.offsets);
    frozen.step = 'settle';
    this.flushes++;
    this.rows += sum(added, ({ recordCount }) => recordCount);
    this.files += added.length;
    this.bytes += sum(added, ({ fileSizeInBytes }) => fileSizeInBytes);
    this.misfits += misfits;
  }

  /** Keeps the keys that the table, or an old snapshot of it, holds, as it was last loaded, and gives up the others. */
  async #settle(files: TopicTableFiles, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const committed = await files.holds(keys);
    const held = new Set(committed);
    await this.#parts.host.settle({ committed, abandoned: keys.filter((key) => !held.has(key)) });
  }
}

function sum(files: readonly DataFile[], of: (file: DataFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
