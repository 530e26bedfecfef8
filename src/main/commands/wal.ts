import { systemClock } from '../../base/clock.ts';
import { systemDisk } from '../../base/disk-system.ts';
import { createLogger } from '../../base/logger.ts';
import { moduleLevels } from '../../config/log-levels.ts';
import { createMetrics } from '../../base/metrics.ts';
import { systemProcesses } from '../../base/processes.ts';
import { systemRandom } from '../../base/random.ts';
import { defaultLogSettings } from '../../log/options.ts';
import { StateOfLog } from '../../log/state.ts';
import { inspectWal, repairWal, verifyWal, type WalFacts } from '../../wal/inspect.ts';
import { CommandError, type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { DATA_USAGE, type DataArguments, dataArguments, existingWal } from '../data-directory.ts';
import { tableLines } from '../text-table.ts';

const USAGE = `usage: quarry wal inspect|verify|repair [options]

Looks at the write-ahead log of a data directory.

  inspect       list its segments; works while a broker runs
  verify        read every byte and say what is wrong; exit code 1 when something is
  repair        bring it into order as a start does; refused while a broker runs. Nothing is thrown away: see wal/quarantine

  --json        print JSON
${DATA_USAGE}`;

const OPTIONS = { json: { type: 'boolean' } } as const;

/** `quarry wal`: exit code 0, 1 for a failure or for problems found, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const parsed = dataArguments(args, OPTIONS, io);
    const [action, extra] = parsed.positionals;
    if (extra !== undefined) throw new UsageError(`unexpected '${extra}'`);
    if (action === 'inspect') return inspect(parsed, io);
    if (action === 'verify') return verify(parsed, io);
    if (action === 'repair') return repair(parsed, io);
    throw new UsageError(action === undefined ? 'say one of inspect, verify, repair' : `unknown action '${action}'`);
  });
}

function inspect({ locations, values }: DataArguments, io: CommandIo): number {
  const facts = inspectWal(systemDisk, existingWal(locations), systemProcesses);
  io.out(values['json'] === true ? `${JSON.stringify(facts, null, 2)}\n` : factsText(facts));
  return 0;
}

function factsText(facts: WalFacts): string {
  const rows = facts.segments.map(({ sequence, kind, bytes, entries, end, index, partitions }) => [
    sequence,
    kind,
    bytes,
    entries ?? '-',
    end ?? '-',
    index,
    partitions.length,
  ]);
  const table = tableLines(['segment', 'kind', 'bytes', 'entries', 'end', 'index', 'partitions'], rows);
  const owner = facts.openIn === undefined ? 'not open in any process' : `open in process ${facts.openIn}`;
  return `${facts.folder}: ${owner}, ${facts.segments.length} segments, ${facts.spareFiles} spare files\n${table}`;
}

function verify({ locations, values }: DataArguments, io: CommandIo): number {
  const problems = verifyWal(systemDisk, existingWal(locations), systemProcesses);
  if (values['json'] === true) io.out(`${JSON.stringify(problems, null, 2)}\n`);
  else {
    for (const { kind, message } of problems) io.out(`${kind}: ${message}\n`);
    if (problems.length === 0) io.out('the write-ahead log is whole\n');
  }
  // The torn end of an open log is what a crash leaves, or what is being written right now: no damage.
  return problems.some(({ kind }) => kind !== 'torn end') ? 1 : 0;
}

async function repair({ locations, values, settings }: DataArguments, io: CommandIo): Promise<number> {
  const folder = existingWal(locations);
  // Opening an empty folder would begin a new log: only a start knows where the old one ended.
  if (inspectWal(systemDisk, folder, systemProcesses).segments.length === 0) {
    throw new CommandError(`${folder} holds no segment: there is nothing to repair`);
  }
  const report = await repairWal({
    disk: systemDisk,
    folder,
    clock: systemClock,
    random: systemRandom,
    logger: createLogger(settings['log.level'], moduleLevels(settings['log.levels'])),
    metrics: createMetrics(),
    processes: systemProcesses,
    brokerId: settings['node.id'],
    sealBytes: settings['wal.seal.bytes'],
    sealAgeMs: settings['wal.seal.age.ms'],
    maxBytes: settings['wal.max.bytes'],
    lingerMs: 0,
    spareFiles: 0,
    recycledFiles: 0,
    maxQueueBytes: defaultLogSettings.maxQueueBytes,
    indexCacheBytes: defaultLogSettings.indexCacheBytes,
    minimumSequence: 0,
    state: new StateOfLog(() => systemClock.now()),
    onProgress: () => {},
    defer: setImmediate,
  });
  const { corrupt, torn, segments } = report;
  const summary = { segments: segments.length, corrupt, torn: torn ?? null };
  if (values['json'] === true) io.out(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const cut = torn === undefined ? 'nothing was torn' : `cut segment ${torn.sequence} at ${torn.from}`;
    io.out(`${segments.length} segments, ${corrupt.length} corrupt ranges kept aside, ${cut}\n`);
  }
  return 0;
}
