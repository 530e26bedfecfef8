import { createLogger } from '../../base/logger.ts';
import { isIncomplete, runProcessor, type StandaloneReport } from '../../broker/index.ts';
import { moduleLevels } from '../../config/log-levels.ts';
import { type CommandIo, UsageError } from '../command-io.ts';
import { dataArguments, existingWal } from '../data-directory.ts';
import { recoveryProgress } from '../progress.ts';

const OPTIONS = { standalone: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `quarry processor run --standalone [KIND [KEY]]`: exit code 0, 1 when something is left, 2 for a wrong call. */
export async function runStandalone(args: readonly string[], io: CommandIo): Promise<number> {
  const { positionals, settings, locations } = dataArguments(args, OPTIONS, io);
  const [action, kind, key, extra] = positionals;
  if (action !== 'run') throw new UsageError('only run works on a data directory that no broker uses');
  if (extra !== undefined) throw new UsageError(`unexpected '${extra}'`);
  existingWal(locations);
  const logger = createLogger(settings['log.level'], moduleLevels(settings['log.levels']));
  const onRecovery = recoveryProgress(logger, process.stderr);
  // The sinks seal what they have at the end, whatever the setting says for a broker.
  const options = { settings: { ...settings, 'processor.mode': 'recovery' as const }, logger, onRecovery };
  const report = await runProcessor(options, { kind, key, signal: io.signal });
  io.out(`${JSON.stringify(report, undefined, 2)}\n`);
  return succeeded(report) ? 0 : 1;
}

function succeeded({ sinks, jobs, left }: StandaloneReport): boolean {
  if (sinks !== undefined && isIncomplete(sinks)) return false;
  return left.length === 0 && Object.values(jobs).every(({ state }) => state === 'finished');
}
