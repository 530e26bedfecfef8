// Lets the broker of an earlier commit write a data directory, kills it, and keeps the directory as tests/golden/upgrade/NAME.tar.gz.
// usage: node compat-tests/upgrade/record.ts NAME COMMIT [--transactions]
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkOut } from '../../bench/earlier.ts';
import { sleep, systemClock } from '../../src/base/clock.ts';
import { mustRun, root } from '../brokers/cache.ts';
import { fill } from './load.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { transactions: { type: 'boolean', default: false } },
});
const [name, ref] = positionals;
if (name === undefined || ref === undefined) throw new Error('usage: record.ts NAME COMMIT [--transactions]');

/** Small segments, packed at once. */
const SETTINGS = [
  ['--kafka.port', '0', '--http.port', '0', '--wal.seal.bytes', '65536', '--wal.spare.files', '0'],
  ['--wal.seal.age.ms', '60000', '--processor.interval.ms', '100', '--processor.min.segment.age.ms', '0'],
].flat();
const PATIENCE_MS = 30_000;

/** Resolves with the addresses of the Kafka port and the HTTP port. */
function ready(broker: ChildProcess): Promise<readonly [string, string]> {
  return new Promise((resolve, reject) => {
    let said = '';
    broker.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, kafka, http] = /^quarry ready kafka=(\S+) http=(\S+)/m.exec(said) ?? [];
      if (kafka !== undefined && http !== undefined) resolve([kafka, http]);
    });
    broker.on('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
}

/** Seals text indexes where the version can be asked to, and waits until as many packs are there as have been for a second. */
async function packed(data: string, http: string): Promise<void> {
  await fetch(`http://${http}/admin/processor/run`, { method: 'POST' }).catch(() => undefined);
  const count = (): number => readdirSync(join(data, 'objects', 'packs'), { recursive: true }).length;
  const end = systemClock.monotonic() + PATIENCE_MS;
  for (let before = -1; before !== count() || before === 0; ) {
    if (systemClock.monotonic() > end) throw new Error('nothing was packed');
    before = count();
    await sleep(systemClock, 1000);
  }
}

const tree = checkOut(ref);
const folder = mkdtempSync(join(tmpdir(), 'quarry-upgrade-'));
const data = join(folder, 'data');
try {
  const main = join(tree.checkout, 'src', 'main', 'main.ts');
  const broker = spawn(process.execPath, [main, 'serve', '--data.dir', data, ...SETTINGS], {
    cwd: tree.checkout,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => broker.on('exit', () => resolve()));
  const [kafka, http] = await ready(broker);
  await fill(kafka, { transactions: values.transactions }, () => packed(data, http));
  broker.kill('SIGKILL');
  await ended;
  const golden = join(root, 'tests', 'golden', 'upgrade');
  mkdirSync(golden, { recursive: true });
  mustRun('tar', [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '-czf',
    join(golden, `${name}.tar.gz`),
    '-C',
    data,
    '.',
  ]);
  process.stdout.write(`${name}: ${tree.commit}\n`);
} finally {
  tree.remove();
  rmSync(folder, { recursive: true, force: true });
}
