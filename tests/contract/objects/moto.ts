import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A pinned version of the S3-speaking server, kept outside the sources and installed once. */
const VERSION = '5.2.5';
const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache', `moto-${VERSION}`);
const PYTHON = join(FOLDER, 'bin/python');

/** True when this machine can make a Python environment. In CI it must. */
export function motoIsPossible(): boolean {
  if (process.env['CI'] !== undefined) return true;
  const possible = spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
  if (!possible) console.warn('SKIPPED: the S3 contract needs python3 with venv, which this machine does not have');
  return possible;
}

async function install(): Promise<void> {
  const done = join(FOLDER, 'installed');
  if (existsSync(done)) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await run('python3', ['-m', 'venv', FOLDER]);
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', `moto[server]==${VERSION}`]);
  writeFileSync(done, VERSION);
}

export interface MotoServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts the server on a port of 127.0.0.1 (0: a free one) and creates the buckets. */
export async function startMoto(buckets: readonly string[], port = 0): Promise<MotoServer> {
  await install();
  const child = spawn(PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const endpoint = await new Promise<string>((resolve, reject) => {
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-10_000);
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(errors);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`the S3 server ended with ${code}: ${errors}`)));
  });
  for (const bucket of buckets) {
    const answer = await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`cannot create the bucket ${bucket}: ${answer.status}`);
  }
  return {
    endpoint,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
