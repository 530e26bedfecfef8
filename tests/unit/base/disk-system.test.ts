import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemDisk } from '../../../src/base/disk-system.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder is made with its parents, and one that is there is fine', () => {
  const path = join(folder, 'a', 'b', 'c');
  systemDisk.makeDirectory(path);
  expect(existsSync(path)).toBe(true);
  systemDisk.makeDirectory(path);
  systemDisk.makeDirectory(join(folder, 'a', 'd'));
  expect(systemDisk.list(join(folder, 'a'))).toEqual([
    { name: 'b', directory: true },
    { name: 'd', directory: true },
  ]);
});

test('a file in the way is the error of the system, wherever it lies', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => systemDisk.makeDirectory(join(folder, 'file'))).toThrow(/EEXIST/);
  expect(() => systemDisk.makeDirectory(join(folder, 'file', 'a', 'b'))).toThrow(/ENOTDIR/);
});
