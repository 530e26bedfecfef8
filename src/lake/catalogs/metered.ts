import type { Clock } from '../../base/clock.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Catalog } from '../catalog.ts';

/** Counts requests to a catalog by operation and outcome, and their time. */
export function meteredCatalog(inner: Catalog, metrics: Metrics, clock: Clock): Catalog {
  const finish = (operation: string, started: number, outcome: string): void => {
    metrics.counter('quarry_catalog_requests_total', 'Requests to the Iceberg catalog.', { operation, outcome }).inc();
    metrics
      .histogram('quarry_catalog_request_seconds', 'Time of a request to the Iceberg catalog.', { operation })
      .observe((clock.monotonic() - started) / 1000);
  };
  const measure = async <T>(operation: string, task: () => Promise<T>): Promise<T> => {
    const started = clock.monotonic();
    try {
      const result = await task();
      finish(operation, started, 'ok');
      return result;
    } catch (error) {
      finish(operation, started, error instanceof Error ? error.name : 'Error');
      throw error;
    }
  };
  return {
    createNamespace: (namespace, properties) =>
      measure('create-namespace', () => inner.createNamespace(namespace, properties)),
    dropNamespace: (namespace) => measure('drop-namespace', () => inner.dropNamespace(namespace)),
    listNamespaces: (parent) => measure('list-namespaces', () => inner.listNamespaces(parent)),
    namespaceProperties: (namespace) => measure('namespace-properties', () => inner.namespaceProperties(namespace)),
    updateNamespace: (namespace, change) => measure('update-namespace', () => inner.updateNamespace(namespace, change)),
    listTables: (namespace) => measure('list-tables', () => inner.listTables(namespace)),
    metadataLocation: (table) => measure('load', () => inner.metadataLocation(table)),
    commit: (changes) => measure('commit', () => inner.commit(changes)),
    renameTable: (from, to) => measure('rename', () => inner.renameTable(from, to)),
    dropTable: (table) => measure('drop', () => inner.dropTable(table)),
    close: () => inner.close(),
  };
}
