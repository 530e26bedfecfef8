import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../../style/sources.ts';

/** A page of documentation. */
export interface Page {
  /** Path from the root of the repository, with '/'. */
  readonly path: string;
  readonly text: string;
}

const SKIPPED = new Set(['node_modules', '.git', 'dist', 'data', 'results']);

function pathsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** The text of one file; `path` counts from the root. */
export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Every Markdown file of the repository. */
export function pages(): Page[] {
  return pathsBelow(root).map((full) => {
    const path = relative(root, full).replaceAll('\\', '/');
    return { path, text: textOf(path) };
  });
}

/** What stands between backquotes in the first cell of each table row. */
export function namesInTables(text: string): Set<string> {
  const cells = text.split('\n').flatMap((line) => (line.startsWith('| `') ? (line.split(' | ')[0] ?? '') : []));
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')));
}
