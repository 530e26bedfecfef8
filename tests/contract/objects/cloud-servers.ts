import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../compat-tests/brokers/broker.ts';

const run = promisify(execFile);

/** Pinned versions of the emulators, kept outside the sources and installed once. */
const AZURITE = '3.37.0';
const FAKE_GCS = 'v1.52.3';
const VERSITYGW = 'v1.8.0';
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache');

export interface CloudServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** True when this machine can build the Google emulator. In CI it must. */
export function goIsThere(): boolean {
  const possible = process.env['CI'] !== undefined || spawnSync('go', ['version']).status === 0;
  if (!possible) console.warn('SKIPPED: the gs: contract needs go, which this machine does not have');
  return possible;
}

/** Makes a folder once; `fill` may be cut short, and then begins anew. */
async function installed(name: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(join(folder, 'installed'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await fill(folder);
  writeFileSync(join(folder, 'installed'), name);
  return folder;
}

/** Starts a server on a free port of 127.0.0.1 and waits until it says where. */
async function start(command: string, args: readonly string[], env: Record<string, string>): Promise<CloudServer> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const endpoint = await new Promise<string>((resolve, reject) => {
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000);
      const found = /(http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (found?.[1] !== undefined) resolve(found[1]);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
  });
  return {
    endpoint,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Google's JSON API, in memory. */
export async function startFakeGcs(buckets: readonly string[]): Promise<CloudServer> {
  const folder = await installed(`fake-gcs-${FAKE_GCS}`, (GOBIN) =>
    run('go', ['install', `github.com/fsouza/fake-gcs-server@${FAKE_GCS}`], { env: { ...process.env, GOBIN } }),
  );
  const args = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(await freePort())];
  const server = await start(join(folder, 'fake-gcs-server'), args, {});
  for (const name of buckets) {
    const body = JSON.stringify({ name });
    const answer = await fetch(`${server.endpoint}/storage/v1/b?project=test`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`cannot create the bucket ${name}: ${answer.status}`);
  }
  return server;
}

/** S3 over the folders of `folder/buckets`; what S3 says of objects beside their bytes is kept beside them. Its user is test, with the password test. */
export async function startVersityGw(folder: string): Promise<CloudServer> {
  const program = await installed(`versitygw-${VERSITYGW}`, (GOBIN) =>
    run('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}`], {
      env: { ...process.env, GOBIN },
    }),
  );
  const sidecar = join(folder, 'sidecar');
  mkdirSync(sidecar);
  const endpoint = `127.0.0.1:${await freePort()}`;
  const args = ['--access', 'test', '--secret', 'test', '--port', endpoint, 'posix', '--sidecar', sidecar];
  return start(join(program, 'versitygw'), [...args, join(folder, 'buckets')], {});
}

export const ACCOUNT = 'quarryaccount';
export const KEY = randomBytes(64).toString('base64');

/** Azure's Blob REST API, in memory; it checks signatures. `endpoint` has the account in its path. */
export async function startAzurite(): Promise<CloudServer> {
  const folder = await installed(`azurite-${AZURITE}`, async (cwd) => {
    writeFileSync(join(cwd, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `azurite@${AZURITE}`], { cwd });
  });
  const program = join(folder, 'node_modules/azurite/dist/src/blob/main.js');
  const args = [program, '--inMemoryPersistence', '--disableTelemetry', '--blobHost', '127.0.0.1', '--blobPort', '0'];
  const server = await start(process.execPath, args, { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` });
  return { ...server, endpoint: `${server.endpoint}/${ACCOUNT}` };
}
