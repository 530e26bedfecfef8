import { environmentName } from '../../config/load.ts';
import { declarations } from '../../config/settings.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';

const USAGE = `usage: quarry settings

Lists every setting of serve: its name, its default, what it is for, its type and its environment variable.
A setting is given as --NAME VALUE, by its variable, or in the file that --config names.
`;

/** `quarry settings`: exit code 0, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, () => {
    const [extra] = args;
    if (extra !== undefined) throw new UsageError(`unexpected '${extra}'`);
    for (const [name, { type, default: value, doc, env }] of Object.entries(declarations) as [
      string,
      (typeof declarations)['listeners'],
    ][])
      io.out(
        `${name} = ${String(value)}\n    ${doc}\n    ${type.describe}; environment: ${env ?? environmentName(name)}\n`,
      );
    return Promise.resolve(0);
  });
}
