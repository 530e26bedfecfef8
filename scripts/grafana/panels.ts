/** One line, or a family of lines, of a panel. */
export interface Query {
  /** PromQL; `$instance` and `$__rate_interval` are filled in by Grafana. */
  readonly expr: string;
  /** Labels of the lines: `{{api}}`. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What a person sees in it, and when to worry. */
  readonly about: string;
  /** A unit of Grafana: `s`, `bytes`, `Bps`, `short`, `percentunit`, `reqps`. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const only = (labels = ''): string => `{instance=~"$instance"${labels && `,${labels}`}}`;
const ONLY = only();

const summed = (series: string, by = ''): string => (by === '' ? `sum(${series})` : `sum by (${by}) (${series})`);

/** A value as it is. */
const value = (metric: string, legend: string, by = ''): Query => ({ expr: summed(`${metric}${ONLY}`, by), legend });

/** A second's share of what only grows. */
const rate = (metric: string, legend: string, by = ''): Query => ({
  expr: summed(`rate(${metric}${ONLY}[$__rate_interval])`, by),
  legend,
});

/** What came in the last hour. */
const hourly = (metric: string, legend: string, by = ''): Query => ({
  expr: summed(`increase(${metric}${ONLY}[1h])`, by),
  legend,
});

/** The time within which this share was done of all that has `labels`. */
const quantile = (share: number, metric: string, legend: string, by = '', labels = ''): Query => ({
  expr: `histogram_quantile(${share}, ${summed(`rate(${metric}_bucket${only(labels)}[$__rate_interval])`, by === '' ? 'le' : `le, ${by}`)})`,
  legend,
});

const halfAndMost = (metric: string, labels = ''): Query[] => [
  quantile(0.5, metric, 'p50', '', labels),
  quantile(0.99, metric, 'p99', '', labels),
];

const panel = (title: string, unit: string, about: string, ...queries: readonly Query[]): Panel => ({
  title,
  unit,
  about,
  queries,
});

const resources: Row = {
  title: 'The process',
  panels: [
    panel('Health', 'short', 'Of each part: 0 is ok, 1 degraded, 2 failing; /health says why.', {
      expr: `max by (part) (quarry_health${ONLY})`,
      legend: '{{part}}',
    }),
    panel(
      'Errors',
      'short',
      'Errors of the broker itself in the last hour. Anything but 0 has a line in the log.',
      hourly('quarry_errors_total', '{{category}}', 'category'),
    ),
    panel('CPU', 'short', 'Cores that the process uses.', rate('quarry_process_cpu_seconds_total', '{{mode}}', 'mode')),
    panel(
      'Busy threads',
      'percentunit',
      'Share of the time that a thread works: near 1 it is what everything waits for.',
      rate('quarry_thread_busy_seconds_total', '{{thread}}', 'thread'),
    ),
    panel(
      'Memory',
      'bytes',
      'What the system holds for the process, and what threads use of it.',
      value('quarry_process_resident_bytes', 'resident'),
      value('quarry_thread_memory_bytes', '{{thread}} {{kind}}', 'thread, kind'),
    ),
    panel(
      'Memory by use',
      'bytes',
      'Each has a setting that bounds it.',
      value('quarry_tail_bytes', 'newest batches'),
      value('quarry_read_ahead_bytes', 'read ahead'),
      value('quarry_text_memory_bytes', 'live text indexes'),
      value('quarry_table_memory_bytes', 'rows not in tables yet'),
      value('quarry_kafka_queued_request_bytes', 'requests'),
      value('quarry_kafka_unread_response_bytes', 'unread answers'),
    ),
    panel(
      'Disk',
      'bytes',
      'The file system of the data directory.',
      value('quarry_disk_used_bytes', 'used'),
      value('quarry_disk_free_bytes', 'free'),
      value('quarry_wal_disk_bytes', 'log'),
      value('quarry_objects_cache_bytes', 'object cache'),
    ),
  ],
};

const clients: Row = {
  title: 'Clients',
  panels: [
    panel(
      'Bytes of Kafka clients',
      'Bps',
      'From and to clients.',
      rate('quarry_kafka_bytes_in_total', 'in'),
      rate('quarry_kafka_bytes_out_total', 'out'),
    ),
    panel(
      'Requests',
      'reqps',
      'Of Kafka clients by API, and of HTTP clients.',
      rate('quarry_kafka_request_seconds_count', '{{api}}', 'api'),
      rate('quarry_http_requests_total', 'HTTP'),
    ),
    panel(
      'Time of produce',
      's',
      'From taking up a request to its answer, the sync of the log included.',
      ...halfAndMost('quarry_kafka_request_seconds', 'api="Produce"'),
    ),
    panel(
      'Errors in answers',
      'reqps',
      'By error. Those of groups that rebalance are ordinary.',
      rate('quarry_kafka_errors_total', '{{error}}', 'error'),
    ),
    panel(
      'Connections',
      'short',
      'Open now, and closed for another reason than that the client wanted it.',
      value('quarry_kafka_connections', 'open'),
      {
        expr: `sum by (reason) (increase(quarry_kafka_connections_closed_total${only('reason!="client"')}[1h]))`,
        legend: '{{reason}} in an hour',
      },
    ),
    panel(
      'Consumer lag',
      'short',
      'Records between the committed offset and the high watermark; the ten groups that have most.',
      { expr: `topk(10, sum by (group, topic) (quarry_consumer_lag${ONLY}))`, legend: '{{group}} {{topic}}' },
    ),
    panel(
      'Transactions of producers',
      'short',
      'In an hour.',
      hourly('quarry_transactions_committed_total', 'committed'),
      hourly('quarry_transactions_aborted_total', 'aborted'),
      hourly('quarry_transactions_timed_out_total', 'timed out'),
    ),
    panel(
      'Queries in SQL',
      's',
      'Time of those that were answered.',
      ...halfAndMost('quarry_sql_query_seconds', 'outcome="ok"'),
    ),
    panel(
      'Files of queries in SQL',
      'short',
      'In an hour: read, or left out by their bounds.',
      hourly('quarry_sql_files_total', '{{outcome}}', 'outcome'),
    ),
    panel('Searches', 's', 'Time of a search with its records.', ...halfAndMost('quarry_search_duration_seconds'), {
      expr: `sum(rate(quarry_search_partial_total${ONLY}[$__rate_interval]))`,
      legend: 'partial, a second',
    }),
  ],
};

const log: Row = {
  title: 'The log',
  panels: [
    panel(
      'Time of a sync',
      's',
      'Every acknowledgement waits for one: p99 over 50 ms means that the disk is the limit.',
      ...halfAndMost('quarry_wal_sync_seconds'),
    ),
    panel(
      'Waiting for the disk',
      'bytes',
      'Bytes appended and not yet durable.',
      value('quarry_wal_queue_bytes', 'bytes'),
    ),
    panel(
      'Size',
      'bytes',
      'It shrinks as packs are made and indexed: a rise without end means that they are not.',
      value('quarry_wal_disk_bytes', 'on disk'),
    ),
    panel(
      'Corrupt stretches',
      'short',
      'Found by who reads the log. Kept aside, never served.',
      hourly('quarry_wal_corrupt_total', 'log'),
      hourly('quarry_processor_corrupt_total', '{{sink}}', 'sink'),
      value('quarry_text_corrupt_stretches', 'text, since the start'),
    ),
  ],
};

const replay: Row = {
  title: 'Background work',
  panels: [
    panel(
      'Replay',
      'short',
      'Records a second that each sink reads out of the log.',
      rate('quarry_processor_records_total', 'packs'),
      rate('quarry_text_indexed_records', 'text'),
      rate('quarry_table_records', 'tables'),
    ),
    panel(
      'Behind the log',
      'short',
      'Sealed segments that are not packed; offsets that are not indexed or in a table.',
      value('quarry_processor_waiting_segments', 'segments to pack'),
      value('quarry_text_backlog_offsets', 'offsets to index that the log has let go'),
      value('quarry_table_lag_offsets', 'offsets to put into tables'),
    ),
    panel(
      'Replay at work',
      'short',
      'Partitions that are read for tables (at most four), those that wait for it, tables that are written or committed (at most two).',
      value('quarry_replay_appliers_busy', 'read'),
      value('quarry_replay_waiting_partitions', 'waiting'),
      value('quarry_replay_flushes_busy', 'written'),
    ),
    panel(
      'Not read for search',
      'bytes',
      'Bytes of the log that the text index has yet to read.',
      value('quarry_replay_lag_bytes', 'bytes'),
    ),
    panel(
      'Jobs',
      'short',
      'What waits, runs, and is kept aside until a person releases it.',
      value('quarry_jobs_queued', 'waiting {{kind}}', 'kind'),
      value('quarry_jobs_running', 'running {{kind}}', 'kind'),
      value('quarry_jobs_quarantined', 'kept aside {{kind}}', 'kind'),
    ),
    panel('Time of jobs', 's', 'The p99 of one attempt.', quantile(0.99, 'quarry_job_seconds', '{{kind}}', 'kind')),
    panel(
      'Failures and retries',
      'short',
      'In an hour.',
      hourly('quarry_job_failures_total', 'failed {{kind}} ({{category}})', 'kind, category'),
      hourly('quarry_job_retries_total', 'again {{kind}}', 'kind'),
      hourly('quarry_job_successes_after_retry_total', 'worked then {{kind}}', 'kind'),
    ),
    panel(
      'Compaction',
      'short',
      'Passes in an hour, and the share of the dirtiest partition that was never compacted.',
      hourly('quarry_compaction_passes_total', 'passes'),
      hourly('quarry_compaction_errors_total', 'failed'),
      value('quarry_compaction_max_dirty_ratio', 'largest dirty ratio'),
      value('quarry_compaction_failing_partitions', 'failing partitions'),
    ),
    panel(
      'Bytes of compaction',
      'Bps',
      'Read and written.',
      rate('quarry_compaction_read_bytes_total', 'read'),
      rate('quarry_compaction_written_bytes_total', 'written'),
    ),
    panel(
      'Merging',
      'Bps',
      'What merging small files into larger ones reads and writes, by what they are.',
      rate('quarry_merge_read_bytes_total', 'read {{what}}', 'what'),
      rate('quarry_merge_written_bytes_total', 'written {{what}}', 'what'),
    ),
    panel(
      'Amplification',
      'short',
      'Bytes written for each that was new; files looked at for each that there would be if all were merged. The best is 1.',
      { expr: `max by (what) (quarry_write_amplification${ONLY})`, legend: 'written {{what}}' },
      { expr: `max by (what) (quarry_read_amplification${ONLY})`, legend: 'read {{what}}' },
    ),
    panel(
      'Merges',
      'short',
      'In an hour, and files that cannot be merged.',
      hourly('quarry_merges_total', '{{what}}', 'what'),
      value('quarry_merge_set_aside', 'set aside {{what}}', 'what'),
    ),
    panel(
      'Deletions of keys',
      'short',
      'Asked for and not done yet; done in an hour.',
      value('quarry_key_deletions_waiting', 'waiting'),
      hourly('quarry_key_deletions_total', 'done'),
      hourly('quarry_key_deletions_removed_records_total', 'records'),
    ),
    panel(
      'Scrubber',
      'Bps',
      'Reading stored segments back; faults need a person.',
      rate('quarry_scrub_read_bytes_total', 'read'),
      hourly('quarry_scrub_faults_total', 'damaged segments in an hour'),
    ),
  ],
};

const tables: Row = {
  title: 'Tables',
  panels: [
    panel(
      'Flushes',
      'short',
      'Commits of the broker to tables in an hour, and the files that they added.',
      hourly('quarry_table_flushes', 'flushes'),
      hourly('quarry_table_files', 'files'),
    ),
    panel('Rows', 'short', 'Rows a second that tables get.', rate('quarry_table_rows', 'rows')),
    panel('Time of a flush', 's', 'Writing and committing a memtable.', ...halfAndMost('quarry_table_flush_seconds')),
    panel('Time of a commit', 's', 'With all its attempts.', ...halfAndMost('quarry_lake_commit_seconds')),
    panel(
      'Commits',
      'short',
      'Of the last hour by outcome, attempts that were made again by cause.',
      hourly('quarry_lake_commits_total', '{{outcome}}', 'outcome'),
      hourly('quarry_lake_commit_retries_total', 'again: {{cause}}', 'cause'),
      hourly('quarry_lake_commits_after_retry_total', 'worked then'),
    ),
    panel(
      'Not getting on',
      'short',
      'Tables that fail now, what was lost to retention before it was read, values that did not fit their column.',
      value('quarry_table_failing_tables', 'failing tables'),
      value('quarry_table_lost_offsets', 'lost offsets'),
      value('quarry_table_misfits', 'misfits'),
      value('quarry_table_refused_columns', 'refused columns'),
      hourly('quarry_table_errors', 'errors in an hour'),
    ),
    panel('Written', 'Bps', 'Bytes of data files.', rate('quarry_table_written_bytes', 'bytes')),
  ],
};

const stores: Row = {
  title: 'Catalog and object store',
  panels: [
    panel(
      'Requests to the catalog',
      'reqps',
      'By outcome: `ok` or the name of an error.',
      rate('quarry_catalog_requests_total', '{{operation}} {{outcome}}', 'operation, outcome'),
    ),
    panel(
      'Time of a request to the catalog',
      's',
      'The p99 by operation.',
      quantile(0.99, 'quarry_catalog_request_seconds', '{{operation}}', 'operation'),
    ),
    panel(
      'Pool of the catalog',
      'short',
      'Connections to PostgreSQL. Somebody who waits means that the pool is too small or the database too slow.',
      value('quarry_catalog_pool_connections', '{{state}}', 'state'),
      hourly('quarry_catalog_pool_timeouts_total', 'time-outs in an hour'),
      hourly('quarry_catalog_pool_made_total', 'made in an hour'),
      hourly('quarry_catalog_pool_closed_total', 'closed in an hour'),
    ),
    panel(
      'Requests to the object store',
      'reqps',
      'By operation and outcome.',
      rate('quarry_objects_requests_total', '{{operation}} {{outcome}}', 'operation, outcome'),
    ),
    panel(
      'Time of a request to the object store',
      's',
      'The p99 by operation.',
      quantile(0.99, 'quarry_objects_request_seconds', '{{operation}}', 'operation'),
    ),
    panel(
      'Bytes of the object store',
      'Bps',
      'Got and put.',
      rate('quarry_objects_read_bytes_total', 'got'),
      rate('quarry_objects_written_bytes_total', 'put'),
    ),
    panel('Cache of objects', 'percentunit', 'Share of blocks that were on the local disk.', {
      expr: `sum(rate(quarry_objects_cache_blocks_total${only('result="hit"')}[$__rate_interval])) / sum(rate(quarry_objects_cache_blocks_total${ONLY}[$__rate_interval]))`,
      legend: 'hits',
    }),
  ],
};

/** The dashboard, from top to bottom. */
export const rows: readonly Row[] = [resources, clients, log, replay, tables, stores];
