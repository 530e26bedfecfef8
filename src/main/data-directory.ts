import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { systemDisk } from '../base/disk-system.ts';
import { IN_MEMORY, locate, type Locations } from '../broker/storage.ts';
import { loadSettings, SettingsError } from '../config/load.ts';
import { declarations, type Settings } from '../config/settings.ts';
import { CommandError, type CommandIo, UsageError } from './command-io.ts';

export const DATA_USAGE = '  --data.dir PATH, --objects URL, --metadata URL, --config FILE: as for serve\n';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Arguments of a command on a data directory, taken apart. */
export interface DataArguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  readonly settings: Settings;
  readonly locations: Locations;
}

/** Parts a command's own options from settings, and loads the settings as `serve` does. Throws UsageError. */
export function dataArguments(
  args: readonly string[],
  own: Options,
  io: Pick<CommandIo, 'environment'>,
): DataArguments {
  const rest: string[] = [];
  const flags: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const name = arg.startsWith('--') ? arg.slice(2).split('=')[0]! : '';
    if (!Object.hasOwn(declarations, name) || Object.hasOwn(own, name)) rest.push(arg);
    else {
      flags.push(arg);
      if (!arg.includes('=') && args[at + 1]?.startsWith('--') === false) flags.push(args[++at]!);
    }
  }
  const { values, positionals } = parseArgs({ args: rest, options: own, allowPositionals: true });
  const settings = settingsOf(flags, io);
  if (settings['data.dir'] === IN_MEMORY) throw new UsageError('what is in memory has no data directory');
  return { values: values as DataArguments['values'], positionals, settings, locations: locate(settings) };
}

function settingsOf(flags: readonly string[], { environment }: Pick<CommandIo, 'environment'>): Settings {
  try {
    return loadSettings({ flags, environment, readFile: (path) => readFileSync(path, 'utf8') }).settings;
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}

/** The folder of the WAL, which must exist: a command never makes one by a mistyped path. */
export function existingWal({ wal }: Locations): string {
  if (!systemDisk.exists(wal)) throw new CommandError(`there is no write-ahead log at ${wal}; is --data.dir right?`);
  return wal;
}
