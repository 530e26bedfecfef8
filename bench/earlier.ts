import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mustRun, root } from '../compat-tests/brokers/cache.ts';

export interface Worktree {
  readonly checkout: string;
  readonly commit: string;
  remove(): void;
}

/**
 * Checks a commit out beside this one and installs its packages into a folder of its own. It must never share
 * `node_modules` by a link: the starter of that commit may run `npm ci`, which would empty the shared folder.
 */
export function checkOut(ref: string): Worktree {
  const commit = mustRun('git', ['rev-parse', '--verify', `${ref}^{commit}`], { cwd: root }).trim();
  const checkout = join(mkdtempSync(join(tmpdir(), 'quarry-earlier-')), 'tree');
  mustRun('git', ['worktree', 'add', '--detach', checkout, commit], { cwd: root });
  const remove = (): void => {
    mustRun('git', ['worktree', 'remove', '--force', checkout], { cwd: root });
    rmSync(dirname(checkout), { recursive: true, force: true });
  };
  try {
    if (!existsSync(join(checkout, 'src', 'main', 'main.ts'))) throw new Error(`${ref} has no broker to run`);
    process.stderr.write(`installing the packages of ${ref}\n`);
    const installer = JSON.stringify(pathToFileURL(join(checkout, 'scripts', 'node24.mjs')).href);
    const install = `const { ensureInstalled } = await import(${installer}); ensureInstalled();`;
    mustRun(process.execPath, ['--input-type=module', '-e', install], { cwd: checkout });
  } catch (error) {
    remove();
    throw error;
  }
  return { checkout, commit, remove };
}
