import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A bug as an edit of the source: `find` must occur exactly once in `file`, a path below the folder that is loaded with bugs. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Serves the modules of `folder` (a URL that ends with `/`), asked for with `?bug=N`, as their source with bug N: both versions can be loaded side by side. */
export function servePlantedBugs(folder: string, bugs: readonly PlantedBug[]): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const bug = /\?bug=\d+$/.exec(context.parentURL ?? '')?.[0];
      return bug !== undefined && found.url.startsWith(folder) ? { ...found, url: `${found.url}${bug}` } : found;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const bug = bugs[Number(/\?bug=(\d+)$/.exec(url)?.[1] ?? -1)];
      if (bug === undefined || new URL(url).pathname !== new URL(bug.file, folder).pathname) return loaded;
      const source = String(loaded.source === undefined ? '' : Buffer.from(loaded.source as Uint8Array));
      if (source.split(bug.find).length !== 2) throw new Error(`'${bug.name}' does not fit ${fileURLToPath(url)}`);
      return { ...loaded, source: source.replace(bug.find, () => bug.replace) };
    },
  });
}
