import type { Metrics } from '../../base/metrics.ts';
import type { PoolUse } from './postgres.ts';

/** The pool that each registry shows. */
const shown = new WeakMap<Metrics, () => PoolUse>();

/** Shows what a pool of connections does. A registry shows one: a later one takes the place of one that could not be used. */
export function poolMetrics(metrics: Metrics, pool: () => PoolUse): void {
  const isNew = !shown.has(metrics);
  shown.set(metrics, pool);
  if (isNew) register(metrics, () => (shown.get(metrics) ?? pool)());
}

function register(metrics: Metrics, use: () => PoolUse): void {
  metrics.gaugesFrom(
    'quarry_catalog_pool_connections',
    'Connections of the catalog to its database.',
    ['state'],
    () => {
      const { open, idle, waiting } = use();
      return [
        [{ state: 'used' }, open - idle],
        [{ state: 'idle' }, idle],
        [{ state: 'waited-for' }, waiting],
      ];
    },
  );
  const count = (name: string, help: string, read: (use: PoolUse) => number): void =>
    metrics.countersFrom(name, help, [], () => [[{}, read(use())]]);
  count('quarry_catalog_pool_made_total', 'Connections made.', ({ made }) => made);
  count('quarry_catalog_pool_closed_total', 'Connections closed.', ({ closed }) => closed);
  count('quarry_catalog_pool_used_total', 'Times that somebody got a connection.', ({ used }) => used);
  count('quarry_catalog_pool_timeouts_total', 'Times that nobody gave one in time.', ({ timeouts }) => timeouts);
}
