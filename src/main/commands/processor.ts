import { parseArgs } from 'node:util';
import { BROKER_OPTIONS, BROKER_USAGE, BrokerClient } from '../broker-client.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { flatLines, tableLines } from '../text-table.ts';
import { printEvents } from './processor-events.ts';

const USAGE = `usage: quarry processor status|list|events|run|pause|resume|retry|quarantine|release|cancel [options]

Shows or steers the background processor of a running broker.

  status               what it does and has done, and first what a person has to do
  list                 the kinds of background jobs, the jobs there are, and the last runs
  events [KIND]        what happens to jobs, as it happens, until it is interrupted
  run [KIND [KEY]]     one run now over all that is ready, or of one kind of job; returns when it is done
  pause [KIND]         stop after what it is doing; produce and fetch go on
  resume [KIND]        go on
  retry JOB            try a job again now that waits after a failure
  quarantine KIND [KEY]  keep a job aside
  release JOB          let a job run again that was kept aside
  cancel JOB           end a job

  run --standalone [KIND [KEY]]  the same on a data directory that no broker uses; prints a report as JSON. Settings as for serve

  --no-wait     of run KIND: return at once; 'quarry processor events KIND' tells how it goes
  --json        print the broker's answer as it is
${BROKER_USAGE}`;

const OPTIONS = {
  ...BROKER_OPTIONS,
  json: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
} as const;

/** `quarry processor`: exit code 0, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    if (args.includes('--standalone')) return (await import('./processor-standalone.ts')).runStandalone(args, io);
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const path = pathOf(positionals, values['no-wait'] === true);
    const client = new BrokerClient(values.url, io);
    if (positionals[0] === 'events') return printEvents(client, positionals[1], values.json === true, io);
    const { method, of } = path;
    const answer = method === 'GET' ? await client.get<object>(of) : await client.post<object>(of);
    if (values.json === true) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else io.out(of === JOBS ? jobLines(answer as JobList) : statusLines(answer));
    const { state } = answer as { readonly state?: string };
    return state === 'failed' || state === 'quarantined' ? 1 : 0;
  });
}

const JOBS = '/admin/jobs';
/** Actions and how many words may follow: at least, at most. */
const ACTIONS: Readonly<Record<string, readonly [number, number]>> = {
  status: [0, 0],
  list: [0, 0],
  events: [0, 1],
  run: [0, 2],
  pause: [0, 1],
  resume: [0, 1],
  retry: [1, 1],
  quarantine: [1, 2],
  release: [1, 1],
  cancel: [1, 1],
};

/** Where the action is asked for. Throws UsageError. */
function pathOf(
  [action = '', ...words]: readonly string[],
  noWait: boolean,
): { readonly method: 'GET' | 'POST'; readonly of: string } {
  const limits = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (limits === undefined) {
    const known = Object.keys(ACTIONS).join(', ');
    throw new UsageError(action === '' ? `say one of ${known}` : `unknown action '${action}': say one of ${known}`);
  }
  if (words.length < limits[0]) throw new UsageError(`${action} of what? 'quarry processor list' shows what there is`);
  if (words.length > limits[1]) throw new UsageError(`unexpected '${words[limits[1]] ?? ''}'`);
  if (action === 'status') return { method: 'GET', of: '/admin/processor' };
  if (action === 'list') return { method: 'GET', of: JOBS };
  const [name, key] = words;
  if (noWait && (action !== 'run' || name === undefined)) throw new UsageError('--no-wait goes with run KIND');
  if (name === undefined) return { method: 'POST', of: `/admin/processor/${action}` };
  const query = new URLSearchParams({ ...(key !== undefined && { key }), ...(noWait && { wait: 'false' }) });
  return {
    method: 'POST',
    of: `${JOBS}/${encodeURIComponent(name)}/${action}${query.size === 0 ? '' : `?${query.toString()}`}`,
  };
}

interface JobList {
  readonly kinds: readonly { readonly name: string; readonly paused: boolean; readonly summary: string }[];
  readonly jobs: readonly (Readonly<Record<'id' | 'key' | 'state', string>> & {
    readonly failures: number;
    readonly reason?: string;
  })[];
  readonly history: readonly (Readonly<Record<'id' | 'key' | 'outcome', string>> & {
    readonly milliseconds: number;
    readonly reason?: string;
  })[];
}

/** The answer without what `list` is for. */
function statusLines(answer: object): string {
  const { jobs: _listed, ...status } = answer as { readonly jobs?: unknown };
  return flatLines(status);
}

/** Runs that `list` shows. */
const SHOWN_RUNS = 20;

function jobLines({ kinds, jobs, history }: JobList): string {
  return [
    tableLines(
      ['kind', 'state', 'what it does'],
      kinds.map(({ name, paused, summary }) => [name, paused ? 'paused' : 'on', summary]),
    ),
    tableLines(
      ['job', 'key', 'state', 'failures', 'reason'],
      jobs.map(({ id, key, state, failures, reason }) => [id, key, state, failures, reason ?? '']),
    ),
    tableLines(
      ['run', 'key', 'outcome', 'ms', 'reason'],
      history.slice(0, SHOWN_RUNS).map(({ id, key, outcome, milliseconds, reason }) => {
        return [id, key, outcome, milliseconds, reason ?? ''];
      }),
    ),
  ].join('\n');
}
