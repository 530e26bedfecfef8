import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, root } from '../compat-tests/brokers/cache.ts';

export interface Worktree {
  readonly checkout: string;
  readonly commit: string;
  remove(): void;
}

/**
 * Checks a commit out beside this one. It shares the installed packages where its lock file is the same, and gets its own
 * otherwise.
 */
export function checkOut(ref: string): Worktree {
  const commit = mustRun('git', ['rev-parse', '--verify', `${ref}^{commit}`], { cwd: root }).trim();
  const checkout = join(mkdtempSync(join(tmpdir(), 'quarry-earlier-')), 'tree');
  mustRun('git', ['worktree', 'add', '--detach', checkout, commit], { cwd: root });
  const remove = (): void => {
    rmSync(join(checkout, 'node_modules'), { recursive: true, force: true });
    mustRun('git', ['worktree', 'remove', '--force', checkout], { cwd: root });
  };
  const lock = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  try {
    if (lock(checkout) === lock(root)) {
      symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'), 'dir');
    } else {
      mustRun('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: checkout });
    }
    if (!existsSync(join(checkout, 'src', 'main', 'main.ts'))) throw new Error(`${ref} has no broker to run`);
  } catch (error) {
    remove();
    throw error;
  }
  return { checkout, commit, remove };
}
