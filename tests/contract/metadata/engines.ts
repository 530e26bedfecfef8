import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { openThreadedSqlite } from '../../../src/metadata/sqlite-thread.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';

/** A way to open an engine; opening twice from one fixture opens the same data, where the engine keeps any. */
export interface EngineFixture {
  readonly name: string;
  readonly durable: boolean;
  start(): { open(): Promise<SqlEngine>; clean(): void };
}

function onDisk(name: string, open: (path: string) => Promise<SqlEngine>): EngineFixture {
  return {
    name,
    durable: true,
    start() {
      const folder = mkdtempSync(join(tmpdir(), 'quarry-metadata-'));
      return {
        open: () => open(join(folder, 'metadata.db')),
        clean: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}

/** Every engine the contract suites run on. */
export const engines: readonly EngineFixture[] = [
  onDisk('SQLite in a thread', openThreadedSqlite),
  onDisk('SQLite inline', async (path) => openInlineSqlite(path)),
  {
    name: 'SQLite in memory',
    durable: false,
    start: () => ({ open: async () => openInlineSqlite(':memory:'), clean() {} }),
  },
];
