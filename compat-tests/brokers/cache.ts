import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** Folder for what is downloaded or compiled once: `$XDG_CACHE_HOME/quarry-compat`, else below node_modules/.cache. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(root, 'node_modules', '.cache');
  const folder = join(base, 'quarry-compat');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** One line for people, on stderr. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Hash of the contents of files, to know when something cached must be made again. */
export function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/**
 * A folder of the cache that `make` fills once for each `key`. It is filled under another name and renamed, so that an
 * interrupted installation is never taken for a whole one.
 */
export function cached(name: string, key: string, make: (folder: string) => void): string {
  const folder = join(cacheFolder(), `${name}-${key}`);
  if (existsSync(join(folder, '.complete'))) return folder;
  progress(`  installing ${name} into ${folder}`);
  const began = process.hrtime.bigint();
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  make(partial);
  writeFileSync(join(partial, '.complete'), '');
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process was first: what it made is the same.
    if (!existsSync(join(folder, '.complete'))) throw error;
    rmSync(partial, { recursive: true, force: true });
  }
  progress(`  ${name} installed in ${Number((process.hrtime.bigint() - began) / 1_000_000n) / 1000} s`);
  return folder;
}

/** Runs a command to its end; throws an Error with the end of its output when it fails or is not there. */
export function mustRun(command: string, args: readonly string[], options: { cwd?: string } = {}): string {
  const result = spawnSync(command, args, { ...options, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.error !== undefined) throw new Error(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed:\n${(result.stdout + result.stderr).slice(-3000)}`);
  return result.stdout;
}

/** Whether a command is on the PATH. */
export function onPath(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}
