import type { ColdData } from '../src/log/options.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import type {
  CompactablePartition,
  CompactionHost,
  CompactionSwap,
  CompactionTask,
} from '../src/processor/compaction/types.ts';

/** A bug planted at a seam between compaction and the rest; the product has no switch for it. */
export interface CompactionBug {
  /** What goes wrong, in a sentence. */
  readonly what: string;
  readonly partition?: (partition: CompactablePartition) => CompactablePartition;
  readonly task?: (task: CompactionTask) => CompactionTask;
  readonly host?: (host: CompactionHost) => CompactionHost;
  readonly cold?: (cold: ColdData) => ColdData;
  /** `dead` tells whether the process has died meanwhile. */
  readonly sql?: (sql: SqlEngine, dead: () => boolean) => SqlEngine;
}

export const NO_COMPACTION_BUG: CompactionBug = { what: 'nothing' };

/** `real` with some members replaced; the others stay its own, getters too. */
export function overlay<T extends object>(real: T, changed: Partial<T>): T {
  return new Proxy(real, {
    get(target, name) {
      const owner = name in changed ? changed : target;
      const value: unknown = Reflect.get(owner, name, owner);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(owner) : value;
    },
  });
}

const bug = (what: string, seams: Omit<CompactionBug, 'what'>): CompactionBug => ({ what, ...seams });

/** A store whose transactions are many. The process may die in between: at its half, since the last request that it does counts as done. */
function inPieces(sql: SqlEngine, dead: () => boolean): SqlEngine {
  return {
    query: (text, params) => sql.query(text, params),
    close: () => sql.close(),
    async transaction(statements) {
      const half = statements.length >> 1;
      for (const [at, statement] of statements.entries()) if (!dead() || at < half) await sql.transaction([statement]);
    },
  };
}

/** Holds swaps back until the pass would end, and then does them from the last to the first. */
function reversed(host: CompactionHost): CompactionHost {
  const held: CompactionSwap[] = [];
  return {
    announce: (key) => host.announce(key),
    abandon: (key) => host.abandon(key),
    async swap(swap) {
      held.unshift(swap);
      if (held.length === 2) for (const one of held.splice(0)) await host.swap(one);
    },
  };
}

export const COMPACTION_BUGS: Readonly<Record<string, CompactionBug>> = {
  'open-transactions-cleaned': bug('a pass goes on above the last stable offset', {
    partition: (partition) => overlay(partition, { lastStableOffset: Number.MAX_SAFE_INTEGER }),
  }),
  'wal-not-minded': bug('a pass goes over what is still in the WAL, where reads look first', {
    partition: (partition) => overlay(partition, { packedBelow: Number.MAX_SAFE_INTEGER }),
  }),
  'aborted-not-told': bug('aborted records count as the last of their keys', {
    task: (task) => ({ ...task, aborted: [] }),
  }),
  'producers-not-told': bug('the last batch of a producer goes', { task: (task) => ({ ...task, producers: [] }) }),
  'horizon-at-once': bug('markers of deleted keys go before their time', {
    task: (task) => ({ ...task, deleteRetentionMs: 0 }),
  }),
  'dirty-from-too-far': bug('some keys of the dirty part are not gathered', {
    task: (task) => ({ ...task, dirtyFrom: task.dirtyFrom + 3 }),
  }),
  'tail-not-told': bug('the tail goes on serving what was replaced', {
    partition: (partition) => overlay(partition, { compacted() {} }),
  }),
  'sections-not-told': bug('open sections that were replaced go on being read', {
    cold: (cold) => overlay(cold, { replaced() {} }),
  }),
  'swap-in-pieces': bug('a swap is many transactions', {
    sql: inPieces,
  }),
  'swaps-reversed': bug('groups are swapped from the last to the first', { host: reversed }),
  'section-lost': bug('what is left of a group is not registered', {
    host: (host) => ({
      announce: (key) => host.announce(key),
      abandon: (key) => host.abandon(key),
      swap: ({ section: _section, ...swap }) => host.swap(swap),
    }),
  }),
};
