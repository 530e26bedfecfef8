import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** Path from the root of the repository, with '/'. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** All TypeScript files below the folders. */
export function sources(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => {
    const names = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
      .map((entry) => {
        const full = join(entry.parentPath, entry.name);
        const text = readFileSync(full, 'utf8');
        return { path: relative(root, full).replaceAll('\\', '/'), text, lines: text.split('\n') };
      });
  });
}

/** The relative imports of a file, as paths from the root. */
export function importsOf(file: SourceFile): string[] {
  const found = [...file.text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)];
  return found.map((match) => relative(root, join(root, file.path, '..', match[1] ?? '')).replaceAll('\\', '/'));
}
