import { type Clock, sleep } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { backoffMs } from '../../objects/retry.ts';
import { type Catalog, CatalogUnavailable, CommitConflict, NoSuchTable, type TableIdentifier } from '../catalog.ts';
import { type CommitMeter, failureOf } from '../meters.ts';
import type { Warehouse } from '../warehouse.ts';
import { FileWriter, keyIn, metadataFolder, readMetadata, uuidText } from './files.ts';
import { type MetadataLogEntry, serializeMetadata, type TableMetadata } from './metadata.ts';
import { applyUpdates, type TableUpdate } from './updates.ts';

/** How often and how long a commit tries. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, initialDelayMs: 200, maxDelayMs: 10_000, factor: 2.5 };

/** What all commits of a process share. */
export interface CommitContext {
  readonly catalog: Catalog;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly meter?: CommitMeter | undefined;
}

/** A table as it was at one metadata file. */
export interface TableState {
  readonly location: string;
  readonly metadata: TableMetadata;
}

/** One table's part of a commit. */
export interface Part {
  readonly table: TableIdentifier;
  /** Where to begin; later attempts load the table anew. */
  readonly state: TableState;
  /** Writes the files that it needs, and says what changes. Errors end the commit; no updates: this table stays as it is. */
  propose(metadata: TableMetadata, writer: FileWriter): Promise<readonly TableUpdate[]>;
}

interface Attempt {
  readonly part: Part;
  readonly from: TableState;
  readonly to: TableState;
  readonly writer: FileWriter;
}

/** The current state of a table. Throws NoSuchTable. */
export async function loadState(
  context: Pick<CommitContext, 'catalog' | 'warehouse'>,
  table: TableIdentifier,
): Promise<TableState> {
  const location = await context.catalog.metadataLocation(table);
  if (location === undefined)
    throw new NoSuchTable(`table ${[...table.namespace, table.name].join('.')} does not exist`);
  return { location, metadata: await readMetadata(context.warehouse, location) };
}

/** The name of the metadata file after `previous`: a number that grows, and a UUID so that two writers never meet. */
export function nextMetadataUri(metadata: TableMetadata, previous: string | undefined, random: Random): string {
  const version = /(?:^|\/)v?(\d+)[^/]*$/.exec(previous ?? '')?.[1];
  const next = version === undefined ? 0 : Number(version) + 1;
  return `${metadataFolder(metadata)}/${String(next).padStart(5, '0')}-${uuidText(random)}.metadata.json`;
}

/** With the file before in the log, cut to `write.metadata.previous-versions-max` entries; `dropped` fell out of it. */
export function withPrevious(
  metadata: TableMetadata,
  previous: TableState,
): { metadata: TableMetadata; dropped: readonly MetadataLogEntry[] } {
  const most = Math.max(1, Number(metadata.properties['write.metadata.previous-versions-max'] ?? 100));
  const entry = { 'metadata-file': previous.location, 'timestamp-ms': previous.metadata['last-updated-ms'] };
  const log = [...metadata['metadata-log'], entry];
  const cut = Math.max(0, log.length - most);
  return { metadata: { ...metadata, 'metadata-log': log.slice(cut) }, dropped: log.slice(0, cut) };
}

async function attempt(context: CommitContext, part: Part, from: TableState): Promise<Attempt | undefined> {
  const writer = new FileWriter(context.warehouse, context.random);
  try {
    const updates = await part.propose(from.metadata, writer);
    if (updates.length === 0) return undefined;
    const { metadata } = withPrevious(applyUpdates(from.metadata, updates, context.clock.now()), from);
    const location = nextMetadataUri(metadata, from.location, context.random);
    await writer.write(location, serializeMetadata(metadata));
    return { part, from, to: { location, metadata }, writer };
  } catch (error) {
    await writer.discard(context.meter);
    throw error;
  }
}

/** Whether the table went through the attempt's metadata file. */
const landed = (state: TableState, { to }: Attempt): boolean =>
  state.location === to.location ||
  state.metadata['metadata-log'].some((entry) => entry['metadata-file'] === to.location);

/** Whether the table has a snapshot of the attempt: a table may keep few of its metadata files in mind, and others may have committed since. */
const leftSnapshot = ({ metadata }: TableState, { from, to }: Attempt): boolean => {
  const lists = new Set(metadata.snapshots.map((snapshot) => snapshot['manifest-list']));
  const before = new Set(from.metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
  return to.metadata.snapshots.some((one) => !before.has(one['snapshot-id']) && lists.has(one['manifest-list']));
};

/** Every table's next try; all that was written is removed when one of them cannot be made. */
async function prepare(context: CommitContext, parts: readonly (readonly [Part, TableState])[]): Promise<Attempt[]> {
  const made: Attempt[] = [];
  try {
    for (const [part, from] of parts) {
      const next = await attempt(context, part, from);
      if (next !== undefined) made.push(next);
    }
    return made;
  } catch (error) {
    for (const { writer } of made) await writer.discard(context.meter);
    throw error;
  }
}

/** Metadata files that fell out of the log, where the table asks for that (`write.metadata.delete-after-commit.enabled`). Best effort. */
async function cleanUp(context: CommitContext, attempts: readonly Attempt[]): Promise<void> {
  for (const { from, to } of attempts) {
    if (to.metadata.properties['write.metadata.delete-after-commit.enabled'] !== 'true') continue;
    const kept = new Set(to.metadata['metadata-log'].map((entry) => entry['metadata-file']));
    const gone = from.metadata['metadata-log'].map((entry) => entry['metadata-file']).filter((file) => !kept.has(file));
    // What else the log may name (other engines write it too) is not ours to delete.
    const ours = gone.filter((uri) => uri.startsWith(`${metadataFolder(from.metadata)}/`) && uri.endsWith('.json'));
    const keys = ours.map((uri) => context.warehouse.keyOf(uri)).filter((key) => key !== undefined);
    await context.warehouse.store.delete(keys).catch(() => context.meter?.left(keys.length));
  }
}

const isRetriable = (error: unknown): boolean => error instanceof CommitConflict || error instanceof CatalogUnavailable;

/** Whether a file of the state that a commit began with is gone: its snapshot has expired meanwhile, and the newest state does without it. */
const isStale = (error: unknown, tries: number): boolean =>
  tries === 1 && error instanceof Error && error.name === 'ObjectNotFound';

/**
 * Commits to all tables in one catalog transaction, or to none. Where another writer was first, the tables are loaded again and the change is
 * made anew, with a growing, jittered pause. Where the catalog did not answer, it is asked whether the commit happened before another try,
 * and files that may have become part of a table are never removed. Gives the tables' new states, in the order of the parts.
 */
export async function commitParts(context: CommitContext, parts: readonly Part[]): Promise<TableState[]> {
  const { clock, meter } = context;
  const started = clock.monotonic();
  let attempts = 1;
  const again = (error: unknown): void => {
    attempts++;
    meter?.retried(failureOf(error));
  };
  const ended = (outcome: Parameters<CommitMeter['ended']>[0]): void =>
    meter?.ended(outcome, attempts, (clock.monotonic() - started) / 1000);
  try {
    const states = await attemptParts(context, parts, again);
    ended('committed');
    return states;
  } catch (error) {
    ended(failureOf(error));
    throw error;
  }
}

async function attemptParts(
  context: CommitContext,
  parts: readonly Part[],
  again: (error: unknown) => void,
): Promise<TableState[]> {
  const { clock, random, retry } = context;
  const unknown: (readonly Attempt[])[] = [];
  let states = parts.map((part) => part.state);
  const happened = (how: typeof landed): readonly Attempt[] | undefined =>
    unknown.find((attempts) => attempts.every((one) => how(stateOf(parts, states, one), one)));
  for (let tries = 1; ; tries++) {
    let made: readonly Attempt[] = [];
    let asked = false;
    try {
      if (tries > 1) states = await Promise.all(parts.map((part) => loadState(context, part.table)));
      const done = happened(landed);
      if (done !== undefined) {
        await discardAll(
          context,
          unknown.filter((attempts) => attempts !== done),
        );
        return states;
      }
      // Which of several attempts it was is not certain then: their files stay, for the removal of orphans to find.
      if (happened(leftSnapshot) !== undefined) return states;
      asked = true;
      made = await prepare(
        context,
        parts.map((part, i) => [part, states[i] ?? part.state] as const),
      );
      await context.catalog.commit(
        made.map(({ part, from, to }) => ({ table: part.table, from: from.location, to: to.location })),
      );
      await cleanUp(context, made);
      await discardAll(context, unknown);
      return parts.map((part, i) => made.find((one) => one.part === part)?.to ?? states[i] ?? part.state);
    } catch (error) {
      if (error instanceof CatalogUnavailable && made.length > 0) unknown.push(made);
      else await discardAll(context, [made]);
      if (!(isRetriable(error) || isStale(error, tries)) || isFinal(error) || tries >= retry.attempts)
        throw unknown.length > 0 ? unsure(error, asked) : error;
      again(error);
    }
    const { attempts, initialDelayMs: baseMs, maxDelayMs: maxMs, factor } = retry;
    await sleep(clock, backoffMs({ attempts, baseMs, maxMs, factor }, tries, random));
  }
}

/** A conflict that no new attempt can solve. */
export class FilesGone extends CommitConflict {}

/**
 * After an attempt of which nobody knows what became of it, only what the table's own metadata rules out is certain: it was not committed. With
 * any other error, or where the tables could not be `asked`, it may have been, or may yet be.
 */
function unsure(error: unknown, asked: boolean): unknown {
  if (error instanceof CatalogUnavailable) return error;
  const { name } = error as Error;
  const open = !asked || (error instanceof CommitConflict ? !isFinal(error) : name.startsWith('Object'));
  return open ? new CatalogUnavailable('it is not known whether the commit happened', { cause: error }) : error;
}

const isFinal = (error: unknown): boolean => error instanceof FilesGone;

const stateOf = (parts: readonly Part[], states: readonly TableState[], { part }: Attempt): TableState =>
  states[parts.indexOf(part)] ?? part.state;

async function discardAll(context: CommitContext, groups: readonly (readonly Attempt[])[]): Promise<void> {
  for (const { writer } of groups.flat()) await writer.discard(context.meter);
}

/** Creates a table: writes its first metadata file and registers it. */
export async function commitCreation(
  context: CommitContext,
  table: TableIdentifier,
  metadata: TableMetadata,
): Promise<TableState> {
  const writer = new FileWriter(context.warehouse, context.random);
  const location = nextMetadataUri(metadata, undefined, context.random);
  keyIn(context.warehouse, location);
  try {
    await writer.write(location, serializeMetadata(metadata));
    await context.catalog.commit([{ table, from: undefined, to: location }]);
  } catch (error) {
    if (!(error instanceof CatalogUnavailable)) {
      await writer.discard(context.meter);
      throw error;
    }
    // Whether the row was written is unknown: the table's uuid tells.
    const now = await context.catalog.metadataLocation(table);
    if (now !== location) throw error;
  }
  return { location, metadata };
}
