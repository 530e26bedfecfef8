import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogContract } from './suite.ts';

catalogContract({
  name: 'memory',
  shared: false,
  start: async () => undefined,
  fresh: async () => 'memory:',
  stop: async () => undefined,
});

const folder = mkdtempSync(join(tmpdir(), 'quarry-catalogs-'));
let files = 0;
catalogContract({
  name: 'SQLite',
  shared: true,
  start: async () => undefined,
  fresh: async () => `sqlite:${join(folder, `${++files}.db`)}`,
  stop: async () => rmSync(folder, { recursive: true, force: true }),
});
