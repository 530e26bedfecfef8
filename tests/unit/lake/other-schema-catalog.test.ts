import { expect, test } from 'vitest';
import { CommitConflict, NoSuchTable, SqlCatalog, TableExists } from '../../../src/lake/index.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';

/** The tables as pyiceberg makes them, and Java's JdbcCatalog unless it is told to make views possible. */
const WITHOUT_TYPES = [
  `CREATE TABLE iceberg_tables (
    catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
    metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),
    PRIMARY KEY (catalog_name, table_namespace, table_name))`,
  `CREATE TABLE iceberg_namespace_properties (
    catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,
    property_value VARCHAR(1000), PRIMARY KEY (catalog_name, namespace, property_key))`,
];

test('a catalog works in a database whose tables another engine made, without the column for types', async () => {
  const engine = openInlineSqlite(':memory:', WITHOUT_TYPES);
  const catalog = new SqlCatalog(engine);
  const [a, b] = [
    { namespace: ['topics'], name: 'a' },
    { namespace: ['topics'], name: 'b' },
  ];
  await catalog.createNamespace(['topics']);
  await catalog.commit([{ table: a, from: undefined, to: 'm0' }]);
  await catalog.commit([{ table: a, from: 'm0', to: 'm1' }]);
  await expect(catalog.commit([{ table: a, from: 'm0', to: 'm2' }])).rejects.toThrow(CommitConflict);
  await expect(catalog.commit([{ table: a, from: undefined, to: 'm2' }])).rejects.toThrow(TableExists);
  await catalog.renameTable(a, b);
  expect(await catalog.listTables(['topics'])).toEqual([b]);
  expect(await catalog.metadataLocation(b)).toBe('m1');
  await catalog.dropTable(b);
  await expect(catalog.dropTable(b)).rejects.toThrow(NoSuchTable);
  await catalog.close();
});
