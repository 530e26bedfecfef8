import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'quarry-clone-'));
  mkdirSync(join(clone, 'scripts'));
  mkdirSync(join(clone, 'bin'));
  cpSync(join(import.meta.dirname, '../../../scripts/node24.mjs'), join(clone, 'scripts/node24.mjs'));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(clone, { recursive: true }));

/** An npm that takes its time, and fails when another one is at work beside it. */
function provideNpm(): void {
  const npm = join(clone, 'bin/npm');
  const steps = ['mkdir busy || exit 1', 'echo "$1" >> calls', 'sleep 0.5', 'mkdir -p node_modules', 'rmdir busy'];
  writeFileSync(npm, ['#!/bin/sh', ...steps, ''].join('\n'));
  chmodSync(npm, 0o755);
}

function install(): Promise<number | null> {
  const script = "import('./scripts/node24.mjs').then(({ ensureInstalled }) => ensureInstalled())";
  const path = `${join(clone, 'bin')}${delimiter}${process.env['PATH']}`;
  const options = { cwd: clone, env: { ...process.env, PATH: path }, stdio: 'ignore' } as const;
  const child = spawn(process.execPath, ['-e', script], options);
  return new Promise((resolve) => child.on('exit', resolve));
}

const calls = (): string => readFileSync(join(clone, 'calls'), 'utf8');

test('commands that are the first in a clone at the same time install once, and all go on', async () => {
  provideNpm();
  expect(await Promise.all([install(), install(), install()])).toEqual([0, 0, 0]);
  expect(calls()).toBe('ci\n');
});

test('an installation that was killed holds up nobody', async () => {
  provideNpm();
  const gone = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => gone.on('exit', resolve));
  writeFileSync(join(clone, '.quarry-installing'), String(gone.pid));
  expect(await install()).toBe(0);
  expect(calls()).toBe('ci\n');
});
