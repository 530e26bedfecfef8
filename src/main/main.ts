import { enableCompileCache } from 'node:module';
import { VERSION } from '../broker/version.ts';
import { asksForHelp } from './command-io.ts';
import { awake } from './ending.ts';

enableCompileCache();

/** A command: its arguments without the name, and where it prints. Resolves with the exit code. */
export interface Command {
  run(args: readonly string[]): Promise<number>;
}

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  serve: { summary: 'run the broker (the default)', load: () => import('./commands/serve.ts') },
  search: { summary: 'search topics of a running broker', load: () => import('./commands/search.ts') },
  tail: { summary: 'print records of a running broker as they come', load: () => import('./commands/tail.ts') },
  sql: { summary: 'ask a running broker in SQL', load: () => import('./commands/sql.ts') },
  processor: {
    summary: 'status, run, pause, resume of the processor',
    load: () => import('./commands/processor.ts'),
  },
  wal: { summary: 'inspect, verify, repair the log of a data directory', load: () => import('./commands/wal.ts') },
  segments: {
    summary: 'list, verify, export the segments of a data directory',
    load: () => import('./commands/segments.ts'),
  },
  users: { summary: 'add, remove, list the users of a data directory', load: () => import('./commands/users.ts') },
  settings: { summary: 'list every setting with its default', load: () => import('./commands/settings.ts') },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`);
  return `usage: quarry [command] [--setting value …]\n\n${lines.join('\n')}\n\nquarry settings lists what serve takes; quarry COMMAND --help says more of a command.\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [first = 'serve'] = args;
  if (['version', '--version', '-v'].includes(first)) {
    process.stdout.write(`quarry ${VERSION}\n`);
    return 0;
  }
  const name = first.startsWith('-') ? 'serve' : first;
  if (name === 'help' || (name === 'serve' && asksForHelp(args))) {
    process.stdout.write(usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`quarry: unknown command '${name}'\n${usage()}`);
    return 2;
  }
  const rest = first === name ? args.slice(1) : args;
  const loaded = await command.load();
  return awake(() => loaded.run(rest));
}

process.exitCode = await main(process.argv.slice(2));
