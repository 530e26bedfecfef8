/** Marks the SQLite file as ours (`PRAGMA application_id`): the letters QRRY. */
export const APPLICATION_ID = 0x51525259;

/**
 * The schema as steps from version to version; the length of the list is the current version. Steps that were released never change.
 * Everything is in the common subset of SQLite and PostgreSQL; topic ids are Kafka's 22-character text form, times are
 * ms since the epoch. docs/formats/metadata.md describes the tables.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)',
    'CREATE TABLE sequences (name TEXT PRIMARY KEY, next BIGINT NOT NULL)',
    `CREATE TABLE topics (
       topic_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, created BIGINT NOT NULL)`,
    `CREATE TABLE configs (
       resource_type TEXT NOT NULL, resource_name TEXT NOT NULL, name TEXT NOT NULL, value TEXT,
       PRIMARY KEY (resource_type, resource_name, name))`,
    `CREATE TABLE partitions (
       topic_id TEXT NOT NULL, partition INTEGER NOT NULL, log_start BIGINT NOT NULL, packed_up_to BIGINT NOT NULL,
       packed_bytes BIGINT NOT NULL, PRIMARY KEY (topic_id, partition))`,
    `CREATE TABLE sections (
       topic_id TEXT NOT NULL, partition INTEGER NOT NULL, base_offset BIGINT NOT NULL, last_offset BIGINT NOT NULL,
       generation INTEGER NOT NULL, object_key TEXT NOT NULL, position BIGINT NOT NULL, length BIGINT NOT NULL,
       records BIGINT NOT NULL, min_timestamp BIGINT NOT NULL, max_timestamp BIGINT NOT NULL, created BIGINT NOT NULL,
       PRIMARY KEY (topic_id, partition, base_offset, generation))`,
    'CREATE INDEX sections_by_end ON sections (topic_id, partition, last_offset)',
    'CREATE INDEX sections_by_object ON sections (object_key)',
    `CREATE TABLE text_segments (
       topic_id TEXT NOT NULL, partition INTEGER NOT NULL, base_offset BIGINT NOT NULL, last_offset BIGINT NOT NULL,
       generation INTEGER NOT NULL, object_key TEXT NOT NULL, position BIGINT NOT NULL, length BIGINT NOT NULL,
       documents BIGINT NOT NULL, min_timestamp BIGINT NOT NULL, max_timestamp BIGINT NOT NULL, created BIGINT NOT NULL,
       PRIMARY KEY (topic_id, partition, base_offset, generation))`,
    'CREATE INDEX text_segments_by_end ON text_segments (topic_id, partition, last_offset)',
    'CREATE INDEX text_segments_by_object ON text_segments (object_key)',
    `CREATE TABLE garbage (
       object_key TEXT PRIMARY KEY, since BIGINT NOT NULL, deleting INTEGER NOT NULL, reason TEXT NOT NULL)`,
    'CREATE TABLE progress (sink TEXT PRIMARY KEY, segment BIGINT NOT NULL, position BIGINT NOT NULL)',
    'CREATE TABLE groups (group_id TEXT PRIMARY KEY, state TEXT NOT NULL, updated BIGINT NOT NULL)',
    `CREATE TABLE group_offsets (
       group_id TEXT NOT NULL, topic TEXT NOT NULL, topic_id TEXT NOT NULL, partition INTEGER NOT NULL,
       committed_offset BIGINT NOT NULL, leader_epoch INTEGER NOT NULL, metadata TEXT NOT NULL,
       commit_timestamp BIGINT NOT NULL, expire_timestamp BIGINT,
       PRIMARY KEY (group_id, topic, partition))`,
    'CREATE INDEX group_offsets_by_topic ON group_offsets (topic)',
  ],
  [
    "ALTER TABLE groups ADD COLUMN kind TEXT NOT NULL DEFAULT 'classic'",
    `CREATE TABLE group_members (
       group_id TEXT NOT NULL, member_id TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (group_id, member_id))`,
  ],
  [
    `CREATE TABLE acls (
       resource_type TEXT NOT NULL, resource_name TEXT NOT NULL, pattern_type TEXT NOT NULL, principal TEXT NOT NULL,
       host TEXT NOT NULL, operation TEXT NOT NULL, permission TEXT NOT NULL,
       PRIMARY KEY (resource_type, resource_name, pattern_type, principal, host, operation, permission))`,
  ],
  [
    'CREATE TABLE transactions (transactional_id TEXT PRIMARY KEY, state TEXT NOT NULL, updated BIGINT NOT NULL)',
    `CREATE TABLE transaction_offsets (
       producer_id BIGINT NOT NULL, producer_epoch INTEGER NOT NULL, group_id TEXT NOT NULL, topic TEXT NOT NULL,
       topic_id TEXT NOT NULL, partition INTEGER NOT NULL, committed_offset BIGINT NOT NULL,
       leader_epoch INTEGER NOT NULL, metadata TEXT NOT NULL, commit_timestamp BIGINT NOT NULL,
       PRIMARY KEY (producer_id, group_id, topic, partition))`,
    'CREATE INDEX transaction_offsets_by_topic ON transaction_offsets (topic_id)',
  ],
  [
    `CREATE TABLE compactions (
       topic_id TEXT NOT NULL, partition INTEGER NOT NULL, cleaned_up_to BIGINT NOT NULL, cleaned BIGINT NOT NULL,
       PRIMARY KEY (topic_id, partition))`,
  ],
  [
    `CREATE TABLE scram_credentials (
       user_name TEXT NOT NULL, mechanism TEXT NOT NULL, salt TEXT NOT NULL, iterations INTEGER NOT NULL,
       stored_key TEXT NOT NULL, server_key TEXT NOT NULL, PRIMARY KEY (user_name, mechanism))`,
    `CREATE TABLE delegation_tokens (
       token_id TEXT PRIMARY KEY, owner TEXT NOT NULL, requester TEXT NOT NULL, renewers TEXT NOT NULL,
       issued BIGINT NOT NULL, expires BIGINT NOT NULL, max_expires BIGINT NOT NULL)`,
  ],
  [
    `CREATE TABLE share_partitions (
       group_id TEXT NOT NULL, topic_id TEXT NOT NULL, partition INTEGER NOT NULL, start_offset BIGINT NOT NULL,
       state TEXT NOT NULL, PRIMARY KEY (group_id, topic_id, partition))`,
    'CREATE INDEX share_partitions_by_topic ON share_partitions (topic_id)',
  ],
  [
    `CREATE TABLE client_quotas (
       entity TEXT NOT NULL, quota TEXT NOT NULL, value DOUBLE PRECISION NOT NULL, PRIMARY KEY (entity, quota))`,
  ],
  [
    `CREATE TABLE key_deletions (
       deletion_id TEXT PRIMARY KEY, topic_id TEXT NOT NULL, topic TEXT NOT NULL, key_digest TEXT NOT NULL,
       record_key TEXT, ends TEXT NOT NULL, principal TEXT NOT NULL, host TEXT NOT NULL, requested BIGINT NOT NULL,
       finished BIGINT, outcome TEXT, records BIGINT NOT NULL, table_rows BIGINT NOT NULL)`,
    'CREATE INDEX key_deletions_by_time ON key_deletions (requested)',
  ],
  [
    'ALTER TABLE partitions ADD COLUMN deleted_below BIGINT NOT NULL DEFAULT 0',
    'CREATE TABLE dropped_tables (topic_id TEXT PRIMARY KEY, name TEXT NOT NULL)',
  ],
  ['CREATE TABLE storage_classes (object_key TEXT PRIMARY KEY, class TEXT NOT NULL, moved BIGINT NOT NULL)'],
  ["ALTER TABLE text_segments ADD COLUMN rule TEXT NOT NULL DEFAULT ''"],
  ['CREATE TABLE erased_objects (object_key TEXT PRIMARY KEY)'],
];

/**
 * Steps for stores of the first brokers that served: their version 1 kept no sums of partitions, which a start reads instead of all sections.
 * Such a store is told by the column that it lacks, since it calls itself version 1 like those that came minutes later.
 */
export const PARTITION_SUMS: readonly string[] = [
  'ALTER TABLE partitions ADD COLUMN packed_up_to BIGINT NOT NULL DEFAULT 0',
  'ALTER TABLE partitions ADD COLUMN packed_bytes BIGINT NOT NULL DEFAULT 0',
  `INSERT INTO partitions (topic_id, partition, log_start)
   SELECT DISTINCT topic_id, partition, 0 FROM sections WHERE true ON CONFLICT DO NOTHING`,
  `UPDATE partitions SET
     packed_up_to = COALESCE((SELECT MAX(last_offset) + 1 FROM sections
       WHERE sections.topic_id = partitions.topic_id AND sections.partition = partitions.partition), 0),
     packed_bytes = COALESCE((SELECT SUM(length) FROM sections
       WHERE sections.topic_id = partitions.topic_id AND sections.partition = partitions.partition), 0)`,
];
