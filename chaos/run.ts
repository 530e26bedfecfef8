import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { scheduler, setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../compat-tests/brokers/broker.ts';
import { root } from '../compat-tests/brokers/cache.ts';
import { javaClasses } from '../compat-tests/clients.ts';
import { seededRandom } from '../src/base/random.ts';
import { Victim } from './broker.ts';
import { BUGS, plant } from './bugs.ts';
import { anomaliesOf, checkNames, tally } from './checks.ts';
import { parseHistory } from './history.ts';
import { torment } from './nemesis.ts';
import { Proxy } from './proxy.ts';

const USAGE = `usage: npm run chaos [-- OPTIONS]
  --seconds N   how long the faults go on (default 60)
  --seed N      which faults, in which order (default: by the clock)
  --bug NAME    plants a bug, which has to be found: ${Object.keys(BUGS).join(', ')}
`;

/** Time that clients have to finish when all is well again. */
const FINISH_MS = 180_000;

function options(): { seconds: number; seed: number; bug: string | undefined } {
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string' }, seed: { type: 'string' }, bug: { type: 'string' } },
    });
    const [seconds, seed] = [Number(values.seconds ?? 60), Number(values.seed ?? Date.now() % 1_000_000)];
    if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('--seconds and --seed want numbers');
    if (values.bug !== undefined && BUGS[values.bug] === undefined) throw new Error(`no bug is called ${values.bug}`);
    return { seconds, seed, bug: values.bug };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs clients and faults; gives the history's text. Rejects when the broker dies or the clients do not end. */
async function run(folder: string, checkout: string, seconds: number, seed: number): Promise<string> {
  const port = await freePort();
  const proxy = await Proxy.start(() => port);
  const place = { checkout, data: join(folder, 'data'), log: join(folder, 'broker.log'), port, advertised: proxy.port };
  const victim = new Victim(place);
  await victim.start();
  const path = join(folder, 'history.jsonl');
  const history = createWriteStream(path);
  const logging = `-Dlog4j2.configurationFile=${join(root, 'compat-tests', 'java', 'log4j2.properties')}`;
  const classes = javaClasses('chaos-classes', '../chaos/java');
  const args = ['-Xmx512m', logging, '-cp', classes, 'Chaos', `127.0.0.1:${proxy.port}`, 'chaos-', `${seed}`];
  const clients = spawn('java', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise<number | null>((resolve) => clients.once('exit', (code) => resolve(code)));
  clients.stdout.pipe(history);
  try {
    const began = performance.now();
    const until = (): boolean => performance.now() - began > seconds * 1000 || clients.exitCode !== null;
    const note = (what: string): void => say(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`);
    await scheduler.wait(2000);
    await torment({ victim, proxy, random: seededRandom(seed), note }, until);
    say('all is well again; clients finish and read all once more');
    clients.stdin.write('\n');
    const late = setTimeout(FINISH_MS, 'nothing: they are late', { ref: false });
    const ended = await Promise.race([gone, late]);
    if (ended !== 0) throw new Error(`the clients ended with ${ended}`);
    await finished(history);
    return readFileSync(path, 'utf8');
  } finally {
    clients.kill('SIGKILL');
    proxy.close();
    await victim.kill();
  }
}

const { seconds, seed, bug } = options();
const planted = bug === undefined ? undefined : BUGS[bug];
const folder = mkdtempSync(join(tmpdir(), 'quarry-chaos-'));
const checkout = planted === undefined ? root : plant(planted);
say(`seed ${seed}, ${seconds} s${planted === undefined ? '' : `, with a bug: ${planted.what}`}`);
let crash: string | undefined;
const text = await run(folder, checkout, seconds, seed).catch((error: Error) => {
  crash = error.message;
  return '';
});
const history = parseHistory(text);
if (checkout !== root) rmSync(checkout, { recursive: true, force: true });
const numbers = tally(history);
say(
  Object.entries(numbers)
    .map(([name, count]) => `${name} ${count}`)
    .join(', '),
);
const anomalies = crash === undefined ? anomaliesOf(history) : [{ name: 'crash', detail: crash }];
for (const { name, detail } of anomalies) say(`${name}: ${detail}`);
const wanted = planted?.shows ?? [];
const found = planted === undefined ? anomalies.length === 0 : anomalies.some(({ name }) => wanted.includes(name));
const idle = Object.entries(numbers)
  .filter(([, count]) => count === 0)
  .map(([name]) => name);
if (planted === undefined && idle.length > 0) say(`nothing was ${idle.join(', ')}: this run proves little`);
const good = found && (planted !== undefined || !idle.some((name) => ['committed', 'aborted', 'final'].includes(name)));
if (good) rmSync(folder, { recursive: true, force: true });
else say(`kept: ${readdirSync(folder).join(', ')} in ${folder}`);
const verdict = planted === undefined ? `no anomaly of ${checkNames.length} kinds` : 'the bug was found';
say(good ? verdict : planted === undefined ? 'ANOMALIES' : 'the bug was NOT found');
process.exit(good ? 0 : 1);
