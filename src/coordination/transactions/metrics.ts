import type { CounterHandle, HistogramHandle, Metrics } from '../../base/metrics.ts';
import type { TransactionState } from './types.ts';

export interface TransactionMetrics {
  readonly committed: CounterHandle;
  readonly aborted: CounterHandle;
  readonly timedOut: CounterHandle;
  readonly endSeconds: HistogramHandle;
}

const STATES: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
];

/** Registers the metrics of transactions; `states` gives the state of every transactional id. */
export function transactionMetrics(metrics: Metrics, states: () => Iterable<TransactionState>): TransactionMetrics {
  metrics.gaugesFrom(
    'quarry_transactional_ids',
    'Transactional ids by the state of their transaction.',
    ['state'],
    () => {
      const counts = new Map<TransactionState, number>(STATES.map((state) => [state, 0]));
      for (const state of states()) counts.set(state, (counts.get(state) ?? 0) + 1);
      return [...counts].map(([state, count]) => [{ state }, count] as const);
    },
  );
  return {
    committed: metrics.counter('quarry_transactions_committed_total', 'Transactions that were committed.'),
    aborted: metrics.counter(
      'quarry_transactions_aborted_total',
      'Transactions that were aborted, for whatever reason.',
    ),
    timedOut: metrics.counter(
      'quarry_transactions_timed_out_total',
      'Transactions that were aborted after their time-out.',
    ),
    endSeconds: metrics.histogram(
      'quarry_transaction_end_seconds',
      'Time from a decision to commit or abort to its completion in every partition.',
    ),
  };
}
