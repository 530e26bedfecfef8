import type { Catalog } from '../catalog.ts';

/**
 * A catalog that is opened by the first call that needs it. Where that fails the call fails, and the next one tries again: a database that is away
 * at a start is a database that is away.
 */
export function lazyCatalog(open: () => Promise<Catalog>): Catalog {
  let opened: Promise<Catalog> | undefined;
  let closed = false;
  const catalog = (): Promise<Catalog> => {
    opened ??= open().catch((error: unknown) => {
      if (!closed) opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    createNamespace: async (namespace, properties) => (await catalog()).createNamespace(namespace, properties),
    dropNamespace: async (namespace) => (await catalog()).dropNamespace(namespace),
    listNamespaces: async (parent) => (await catalog()).listNamespaces(parent),
    namespaceProperties: async (namespace) => (await catalog()).namespaceProperties(namespace),
    updateNamespace: async (namespace, change) => (await catalog()).updateNamespace(namespace, change),
    listTables: async (namespace) => (await catalog()).listTables(namespace),
    metadataLocation: async (table) => (await catalog()).metadataLocation(table),
    commit: async (changes) => (await catalog()).commit(changes),
    renameTable: async (from, to) => (await catalog()).renameTable(from, to),
    dropTable: async (table) => (await catalog()).dropTable(table),
    async close() {
      closed = true;
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
