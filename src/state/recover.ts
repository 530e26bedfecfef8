import { readContent } from './file-form.ts';
import { ASIDE, CLEARED, messageIdOf, parseName } from './names.ts';
import type { StateInterpreter, StateProblem, Storage } from './types.ts';

export interface RecoverParts<T> {
  readonly storage: Storage;
  readonly stateInterpreter: StateInterpreter<T>;
  readonly report: (problem: StateProblem) => void;
}

/** A complete file of a client. */
export interface StateFile<T> {
  readonly name: string;
  readonly timestamp: number;
  readonly id: number;
  readonly data: T;
}

/** What a client's directory holds. */
export interface Recovered<T> {
  readonly checkpoint: StateFile<T> | undefined;
  /** Not covered by the checkpoint, by ascending message id. */
  readonly logs: readonly StateFile<T>[];
  /** Logs that were never completed, with the id that their name gives. */
  readonly incomplete: readonly { readonly name: string; readonly id: number }[];
}

/** Clears a client: the marker says that the rest is to go, so that no half of it ever counts as the client's state. */
export async function clearDirectory(storage: Storage, directory: string): Promise<void> {
  const entries = await storage.list(directory);
  if (entries.length === 0) return;
  const marker = `${directory}/${CLEARED}`;
  await storage.write(marker, new Uint8Array(Buffer.from('COMPLETED\n{}')));
  await finishClearing(storage, directory);
}

async function finishClearing(storage: Storage, directory: string): Promise<void> {
  const entries = await storage.list(directory);
  for (const { name, directory: isDirectory } of entries)
    if (isDirectory) await storage.removeDirectory(`${directory}/${name}`);
  const files = entries.filter((entry) => !entry.directory && entry.name !== CLEARED);
  await storage.remove(files.map(({ name }) => `${directory}/${name}`));
  await storage.remove([`${directory}/${CLEARED}`]);
  await storage.removeDirectory(directory);
}

/** Highest id first; of equal ones the newest. */
const newestFirst = (a: StateFile<unknown>, b: StateFile<unknown>): number =>
  b.id - a.id || b.timestamp - a.timestamp || (a.name < b.name ? 1 : -1);

/** Reads a client's directory and removes from it what is not needed: housekeeping and recovery are one pass. */
export async function recover<T>(parts: RecoverParts<T>, directory: string): Promise<Recovered<T>> {
  const { storage } = parts;
  const names = (await storage.list(directory)).filter((entry) => !entry.directory).map(({ name }) => name);
  if (names.includes(CLEARED)) {
    await finishClearing(storage, directory);
    return { checkpoint: undefined, logs: [], incomplete: [] };
  }
  const found = await readFiles(parts, directory, names);
  const [checkpoint, ...older] = found.checkpoints.sort(newestFirst);
  const covered = checkpoint?.id ?? Number.NEGATIVE_INFINITY;
  const logs: StateFile<T>[] = [];
  const superfluous = [...found.superfluous, ...older.map(({ name }) => name)];
  for (const log of found.logs.sort(newestFirst).reverse()) {
    // By the id, not by the time: the clock may have gone back.
    if (log.id <= (logs.at(-1)?.id ?? covered)) superfluous.push(log.name);
    else logs.push(log);
  }
  for (const { name, id } of found.incomplete) if (id <= covered) superfluous.push(name);
  if (superfluous.length > 0) await storage.remove(superfluous.map((name) => `${directory}/${name}`));
  return { checkpoint, logs, incomplete: found.incomplete.filter(({ id }) => id > covered) };
}

async function readFiles<T>(parts: RecoverParts<T>, directory: string, names: readonly string[]) {
  const checkpoints: StateFile<T>[] = [];
  const logs: StateFile<T>[] = [];
  const incomplete: { name: string; id: number }[] = [];
  const superfluous: string[] = [];
  for (const name of names) {
    const parsed = parseName(name);
    if (parsed.kind === 'temporary') superfluous.push(name);
    if (parsed.kind !== 'log' && parsed.kind !== 'checkpoint') continue;
    const bytes = await parts.storage.read(`${directory}/${name}`);
    if (bytes === undefined) continue;
    const idField = parsed.kind === 'log' ? 'message_id' : 'max_message_id';
    const file = readContent(bytes, idField, parts.stateInterpreter);
    if (file.status === 'incomplete') {
      if (parsed.kind === 'checkpoint') superfluous.push(name);
      else incomplete.push({ name, id: idInName(parsed.id) });
    } else if (file.status === 'corrupt') {
      await setAside(parts, directory, name, bytes, file.reason);
    } else if (parsed.kind === 'log' && idInName(parsed.id) !== file.content.id) {
      await setAside(parts, directory, name, bytes, `it holds message ${file.content.id}`);
    } else {
      const files = parsed.kind === 'log' ? logs : checkpoints;
      files.push({ name, timestamp: parsed.timestamp, ...file.content });
    }
  }
  return { checkpoints, logs, incomplete, superfluous };
}

/** NaN for what is no integer: no comparison with it holds, so that such a file is left alone. */
function idInName(id: unknown): number {
  try {
    return messageIdOf(id);
  } catch {
    return Number.NaN;
  }
}

async function setAside<T>(
  { storage, report }: RecoverParts<T>,
  directory: string,
  name: string,
  bytes: Uint8Array,
  reason: string,
): Promise<void> {
  const path = `${directory}/${ASIDE}/${name}`;
  await storage.makeDirectory(`${directory}/${ASIDE}`);
  await storage.write(path, bytes);
  await storage.remove([`${directory}/${name}`]);
  report({ kind: 'corrupt', path, reason });
}
