import { parseArgs } from 'node:util';

export interface EnduranceOptions {
  readonly minutes: number;
  /** Payload bytes a second. */
  readonly rate: number;
  /** Where the picture goes; none when empty. */
  readonly svg: string;
  /** Folder on the disk that is measured; the system's temporary folder when empty. */
  readonly dir: string;
}

const USAGE = `usage: npm run endurance [-- OPTIONS]
  --minutes N        how long is produced (default 10)
  --rate MB          megabytes a second (default 10)
  --svg FILE         draws what was sampled
  --dir FOLDER       where the broker keeps its data
`;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} wants a number above 0, not '${text}'`);
  return value;
}

/** Parses the command line; on a mistake prints the usage and ends the process with 2. */
export function parseOptions(args: readonly string[]): EnduranceOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        rate: { type: 'string', default: '10' },
        svg: { type: 'string', default: '' },
        dir: { type: 'string', default: '' },
      },
    });
    const { svg, dir } = values;
    return { minutes: positive('minutes', values.minutes), rate: positive('rate', values.rate) * 1e6, svg, dir };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
