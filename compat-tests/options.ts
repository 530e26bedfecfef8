import { parseArgs } from 'node:util';

export interface CompatOptions {
  /** `quarry`, `kafka` or `HOST:PORT` of a running broker. */
  readonly broker: string;
  /** Names of clients; all when empty. */
  readonly clients: readonly string[];
  /** Only cases whose name matches. */
  readonly only: string;
  /** Flags for the broker under test, as `--search=false`. */
  readonly flags: readonly string[];
}

const USAGE = `usage: npm run test:compat [-- OPTIONS]
  --broker kafka|quarry|HOST:PORT   what is tested (default quarry)
  --client NAME[,NAME…]             only these clients
  --only REGEXP                     only cases whose name matches
  --flag=FLAG                       a flag for quarry, may be repeated (--flag=--search=false)
`;

/** Parses the command line; on a mistake prints the usage and ends the process with 2. */
export function parseOptions(args: readonly string[], known: readonly string[]): CompatOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        broker: { type: 'string', default: 'quarry' },
        client: { type: 'string', default: '' },
        only: { type: 'string', default: '' },
        flag: { type: 'string', multiple: true, default: [] },
      },
    });
    const clients = values.client.split(',').filter((name) => name !== '');
    const unknown = clients.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`no client ${unknown.join(', ')}; there are ${known.join(', ')}`);
    if (!['kafka', 'quarry'].includes(values.broker) && !/^[^:]+:\d+$/.test(values.broker))
      throw new Error(`--broker wants kafka, quarry or HOST:PORT, not '${values.broker}'`);
    return { broker: values.broker, clients, only: values.only, flags: values.flag };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
