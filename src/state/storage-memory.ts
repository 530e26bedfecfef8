import type { Storage, StorageEntry } from './types.ts';

/** Names directly below `directory` among full paths of files, sorted. */
export function entriesBelow(directory: string, paths: Iterable<string>): StorageEntry[] {
  const found = new Map<string, boolean>();
  const prefix = `${directory}/`;
  for (const path of paths) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...rest] = path.slice(prefix.length).split('/');
    found.set(name, rest.length > 0);
  }
  return sortedEntries(found);
}

/** Entries by name; the value says whether it is a directory. */
export function sortedEntries(names: ReadonlyMap<string, boolean>): StorageEntry[] {
  return [...names].map(([name, directory]) => ({ name, directory })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Files in memory: for tests, and where state need not outlive the process. */
export function memoryStorage(): Storage {
  const files = new Map<string, Uint8Array>();
  return {
    async makeDirectory() {},
    list: async (path) => entriesBelow(path, files.keys()),
    read: async (path) => files.get(path)?.slice(),
    async write(path, content) {
      files.set(path, content.slice());
    },
    async remove(paths) {
      for (const path of paths) files.delete(path);
    },
    async removeDirectory(path) {
      for (const name of files.keys()) if (name.startsWith(`${path}/`)) files.delete(name);
    },
  };
}
