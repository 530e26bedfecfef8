import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line says: which scripts of the folder are run, and whether their outcomes are taken over (`--write`). */
export function chosenScripts(folder: string): { readonly names: readonly string[]; readonly write: boolean } {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const isWanted = (name: string): boolean =>
    positionals.length === 0 || positionals.some((beginning) => name.startsWith(beginning));
  // A broker that is not ours is not restarted.
  const isPossible = (name: string): boolean => !/^restart/m.test(readFileSync(join(folder, name), 'utf8'));
  const all = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return { names: all.filter((name) => isWanted(name) && isPossible(name)), write: values.write };
}
