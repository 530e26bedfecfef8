import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { systemClock } from '../../base/clock.ts';
import { systemDisk } from '../../base/disk-system.ts';
import { systemRandom } from '../../base/random.ts';
import { openMetadata } from '../../metadata/open.ts';
import { topicRows } from '../../metadata/topics.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import { openObjectStore } from '../../objects/open.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { exportSegments } from '../../processor/segments/export.ts';
import { verifySegments } from '../../processor/segments/verify.ts';
import { allSegments, type SegmentKind } from '../../processor/segments/listing.ts';
import { CommandError, type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { DATA_USAGE, type DataArguments, dataArguments } from '../data-directory.ts';
import { verifyTableFiles } from '../table-files.ts';
import { tableLines } from '../text-table.ts';

const USAGE = `usage: quarry segments list|verify|export [options]

Looks at the segments that a data directory has registered. Nothing is changed; a broker may run meanwhile.

  list           one line a segment
  verify         read every segment, and every file of the tables, and check it; exit code 1 when something is wrong
  export         write a tar.gz with a file a segment and segments.json

  --kind KIND    of list and export: pack (raw batches) or text (full-text indexes); list shows both without it, export takes pack
  --topic NAME   of list and export: only of this topic
  --partition N  of export: only of this partition
  --output FILE  of export: where it writes (default: standard output)
  --json         print JSON, one document a line
${DATA_USAGE}`;

const OPTIONS = {
  kind: { type: 'string' },
  topic: { type: 'string' },
  partition: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
} as const;

interface Opened {
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
}

/** `quarry segments`: exit code 0, 1 for a failure or for faults found, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const parsed = dataArguments(args, OPTIONS, io);
    const act = actionOf(parsed);
    const opened = await open(parsed);
    try {
      return await act(parsed, opened, io);
    } finally {
      await opened.store.close();
      await opened.sql.close();
    }
  });
}

/** Options that go with an action, beside those of the data directory. */
const ACTIONS = {
  list: { act: list, takes: ['kind', 'topic', 'json'] },
  verify: { act: verify, takes: ['json'] },
  export: { act: exportAll, takes: ['kind', 'topic', 'partition', 'output', 'json'] },
} as const;

function actionOf({ positionals, values }: DataArguments): typeof list {
  const [action = '', extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected '${extra}'`);
  if (!Object.hasOwn(ACTIONS, action))
    throw new UsageError(action === '' ? 'say one of list, verify, export' : `unknown action '${action}'`);
  const { act, takes } = ACTIONS[action as keyof typeof ACTIONS];
  const idle = Object.keys(values).find((name) => !takes.some((taken) => taken === name));
  if (idle !== undefined) throw new UsageError(`${action} does not take --${idle}`);
  return act;
}

async function open({ locations }: DataArguments): Promise<Opened> {
  const { metadata, objects } = locations;
  if (metadata.startsWith('sqlite:') && !systemDisk.exists(metadata.slice('sqlite:'.length))) {
    throw new CommandError(`there is no metadata store at ${metadata}; is --data.dir right?`);
  }
  const sql = await openMetadata(metadata);
  try {
    return { sql, store: await openObjectStore(objects, { clock: systemClock, random: systemRandom }) };
  } catch (error) {
    await sql.close();
    throw error;
  }
}

function kindOf(values: DataArguments['values']): SegmentKind | undefined {
  const { kind } = values;
  if (kind === undefined || kind === 'pack' || kind === 'text') return kind;
  throw new UsageError(`--kind is pack or text, not '${String(kind)}'`);
}

async function topicIdOf({ values }: DataArguments, { sql }: Opened): Promise<string | undefined> {
  const { topic } = values;
  if (topic === undefined) return undefined;
  const found = (await topicRows(sql)).find(({ name }) => name === topic);
  if (found === undefined) throw new CommandError(`there is no topic '${String(topic)}'`);
  return found.topicId;
}

const COLUMNS = ['segment', 'kind', 'records', 'bytes', 'last offset', 'class', 'object'];

async function list(parsed: DataArguments, opened: Opened, io: CommandIo): Promise<number> {
  const kind = kindOf(parsed.values);
  const topicId = await topicIdOf(parsed, opened);
  const rows: (string | number)[][] = [];
  for (const one of kind === undefined ? (['pack', 'text'] as const) : [kind]) {
    for await (const segment of allSegments(opened.sql, one, { topicId })) {
      if (parsed.values['json'] === true) io.out(`${JSON.stringify(segment)}\n`);
      else {
        const { id, records, length, lastOffset, storageClass = '-', objectKey } = segment;
        rows.push([id, segment.kind, records, length, lastOffset, storageClass, objectKey]);
      }
    }
  }
  if (parsed.values['json'] !== true) io.out(tableLines(COLUMNS, rows));
  return 0;
}

async function verify(parsed: DataArguments, opened: Opened, io: CommandIo): Promise<number> {
  const segments = await verifySegments(opened);
  const tables = await verifyTableFiles(parsed, opened.store);
  const report = {
    ...segments,
    tableFiles: tables.files,
    records: segments.records + tables.rows,
    bytes: segments.bytes + tables.bytes,
    faults: [...segments.faults, ...tables.faults],
  };
  if (parsed.values['json'] === true) io.out(`${JSON.stringify(report)}\n`);
  else {
    for (const { where, problem } of report.faults) io.out(`${where}: ${problem}\n`);
    for (const { topic, partition, from, to } of report.gaps)
      io.out(`${topic}-${partition}: no records from ${from} to ${to}\n`);
    const { sections, textSegments, tableFiles, records, bytes, faults } = report;
    io.out(
      `${sections} pack sections, ${textSegments} text segments and ${tableFiles} table files, ${records} records, ${bytes} bytes, ${faults.length} faults\n`,
    );
  }
  return report.faults.length === 0 ? 0 : 1;
}

async function exportAll(parsed: DataArguments, opened: Opened, io: CommandIo): Promise<number> {
  const { partition, output } = parsed.values;
  if (partition !== undefined && !/^\d{1,9}$/.test(String(partition)))
    throw new UsageError(`--partition takes a number, not '${String(partition)}'`);
  const topicId = await topicIdOf(parsed, opened);
  const target: Writable = output === undefined ? io.bytes : createWriteStream(String(output), { flags: 'wx' });
  const report = await exportSegments(
    {
      ...opened,
      kind: kindOf(parsed.values) ?? 'pack',
      ...(topicId !== undefined && { topicId }),
      ...(partition !== undefined && { partition: Number(partition) }),
    },
    target,
  );
  io.err(`${report.segments} segments, ${report.bytes} bytes\n`);
  return 0;
}
