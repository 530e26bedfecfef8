import { parseArgs } from 'node:util';
import { BROKER_OPTIONS, BROKER_USAGE, BrokerClient } from '../broker-client.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { flatLines } from '../text-table.ts';

const USAGE = `usage: quarry processor status|pause|resume|run [options]

Shows or steers the background processor of a running broker.

  status        what it does and has done
  pause         stop after what it is doing; produce and fetch go on
  resume        go on
  run           one run now over all that is ready; returns when it is done

  --json        print the broker's answer as it is
${BROKER_USAGE}`;

const OPTIONS = { ...BROKER_OPTIONS, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** `quarry processor`: exit code 0, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(io, USAGE, async () => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.help === true) {
      io.out(USAGE);
      return 0;
    }
    const [action, extra] = positionals;
    if (action === undefined || extra !== undefined) throw new UsageError('say one of status, pause, resume, run');
    const client = new BrokerClient(values.url, io);
    const answer = await ask(client, action);
    io.out(values.json === true ? `${JSON.stringify(answer, null, 2)}\n` : flatLines(answer));
    return 0;
  });
}

function ask(client: BrokerClient, action: string): Promise<object> {
  if (action === 'status') return client.get('/admin/processor');
  if (action === 'pause' || action === 'resume' || action === 'run') return client.post(`/admin/processor/${action}`);
  throw new UsageError(`unknown action '${action}': say one of status, pause, resume, run`);
}
