import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** A few minutes instead of half an hour: fewer rounds, less data. */
  readonly short: boolean;
  /** Names of cases; all when empty. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Commit whose broker runs beside this one. */
  readonly against: string;
  /** Folder on the disk that is measured; the system's temporary folder when empty. */
  readonly dir: string;
}

const USAGE = `usage: npm run bench [-- OPTIONS]
  --short            about six minutes, for CI
  --only NAME[,…]    only these cases
  --rounds N         paired rounds of each case (default 5, with --short 2)
  --against REF      also run the broker of this commit, in a temporary worktree
  --dir FOLDER       where the brokers keep their data
`;

/** Parses the command line; on a mistake prints the usage and ends the process with 2. */
export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '' },
        against: { type: 'string', default: '' },
        dir: { type: 'string', default: '' },
      },
    });
    const only = values.only.split(',').filter((name) => name !== '');
    const unknown = only.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}; there are ${known.join(', ')}`);
    const rounds = values.rounds === '' ? (values.short ? 2 : 5) : Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds wants a number, not '${values.rounds}'`);
    return { short: values.short, only, rounds, against: values.against, dir: values.dir };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
