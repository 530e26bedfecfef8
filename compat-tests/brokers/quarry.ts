import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProcess, type RunningBroker, temporaryFolder } from './broker.ts';
import { root } from './cache.ts';

export interface QuarryOptions {
  /** Folder for the data; a new temporary one when missing. */
  readonly data?: string;
  /** Folder in which temporary folders are made. */
  readonly base?: string;
  /** Further flags, as `--search=false`. */
  readonly flags?: readonly string[];
  /** Checkout that is run; this one when missing. */
  readonly checkout?: string;
}

const READY = /^quarry ready kafka=(\S+) http=(\S+)$/;

/** The process that holds the broker: the starter itself, which goes on as the broker, or its child where Node cannot do that. */
function brokerPid(starter: number): number {
  const text = readFileSync(`/proc/${starter}/task/${starter}/children`, 'utf8').trim();
  return text === '' ? starter : Number(text.split(' ')[0]);
}

/** Starts the real program as a user would, with its data in a new folder, and waits for its ready line. */
export async function startQuarry(options: QuarryOptions = {}): Promise<RunningBroker> {
  const data = options.data ?? temporaryFolder(options.base, 'data');
  const flags = ['--data.dir', data, '--kafka.port', '0', '--http.port', '0', ...(options.flags ?? [])];
  const script = join(options.checkout ?? root, 'scripts', 'quarry.mjs');
  let bootstrap: string | undefined;
  let http: string | undefined;
  const launch = { name: 'quarry', command: process.execPath, args: [script, 'serve', ...flags], data };
  const broker = new BrokerProcess(launch, (line) => {
    const match = READY.exec(line);
    bootstrap ??= match?.[1];
    http ??= match?.[2];
  });
  try {
    await broker.until(() => bootstrap !== undefined, 120_000);
  } catch (error) {
    // Data that the caller brought is the caller's.
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
    broker.removeLog();
    throw error;
  }
  const readyMs = broker.elapsedMs;
  const starter = broker.child.pid ?? 0;
  return {
    name: 'quarry',
    bootstrap: bootstrap ?? '',
    http: http ?? '',
    pid: starter,
    data,
    readyMs,
    async stop({ signal = 'SIGTERM', keep = false } = {}) {
      // SIGKILL cannot be passed on by the starter, so it goes to the broker itself.
      if (signal === 'SIGKILL') process.kill(brokerPid(starter), 'SIGKILL');
      await broker.stop(signal === 'SIGKILL' ? 'SIGTERM' : signal);
      if (keep) return;
      rmSync(data, { recursive: true, force: true });
      broker.removeLog();
    },
  };
}
