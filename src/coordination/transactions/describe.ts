import { compileRe2, InvalidPattern } from '../../base/re2.ts';
import type { Transaction } from './types.ts';

/** The states that a filter may name: also those that last only a moment (Dead, PrepareEpochFence), as in Kafka. */
const STATE_NAMES: ReadonlySet<string> = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]);

export interface ListRequest {
  /** All when empty. */
  readonly states: readonly string[];
  /** All when empty. */
  readonly producerIds: readonly number[];
  /** Only transactions that are older, ms (KIP-994); all when negative. */
  readonly olderThanMs: number;
  /** The whole transactional id matches it, in RE2's syntax (KIP-1152); all when null or empty. */
  readonly pattern: string | null;
}

export type ListReply =
  | { readonly error: 'INVALID_REGULAR_EXPRESSION' }
  | { readonly error: 'NONE'; readonly unknownStates: readonly string[]; readonly found: readonly Transaction[] };

/** The transactions that pass every filter. */
export function listTransactions(all: Iterable<Transaction>, request: ListRequest, now: number): ListReply {
  const { states, producerIds, olderThanMs, pattern } = request;
  const matches = matcherOf(pattern);
  if (matches === undefined) return { error: 'INVALID_REGULAR_EXPRESSION' };
  const unknownStates = states.filter((state) => !STATE_NAMES.has(state));
  const wantedStates = new Set(states);
  const wantedIds = new Set(producerIds);
  const isWanted = ({ state, producerId, startTimestamp, transactionalId }: Transaction): boolean =>
    (wantedIds.size === 0 || wantedIds.has(producerId)) &&
    (wantedStates.size === 0 || wantedStates.has(state)) &&
    (olderThanMs < 0 || now - startTimestamp > olderThanMs) &&
    matches(transactionalId);
  return { error: 'NONE', unknownStates, found: [...all].filter(isWanted) };
}

/** Undefined for a pattern that is none. */
function matcherOf(pattern: string | null): ((transactionalId: string) => boolean) | undefined {
  if (pattern === null || pattern === '') return () => true;
  try {
    const compiled = compileRe2(pattern);
    return (transactionalId) => compiled.matches(transactionalId);
  } catch (error) {
    if (error instanceof InvalidPattern) return undefined;
    throw error;
  }
}
