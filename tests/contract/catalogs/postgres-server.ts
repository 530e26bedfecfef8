import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../../compat-tests/brokers/broker.ts';

const INSTALLED = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; undefined where it is not installed. */
export const POSTGRES_BIN: string | undefined = existsSync(INSTALLED)
  ? readdirSync(INSTALLED)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(INSTALLED, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')))
  : undefined;

/** The server refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}

/** A PostgreSQL server of a test's own. */
export class PostgresServer {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.port = port;
    this.#process = process;
    this.#folder = folder;
  }

  /** One that is `durable` syncs its commits to the disk. */
  static async start(bin: string, { durable = false } = {}): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'quarry-postgres-'));
    const user = unprivileged();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const data = join(folder, 'data');
    const options = { ...user, cwd: folder };
    const initArgs = ['-D', data, '-U', 'quarry', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const made = spawnSync(join(bin, 'initdb'), initArgs, { ...options, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
    const port = await freePort();
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `fsync=${durable ? 'on' : 'off'}`];
    const args = ['-D', data, '-p', String(port), '-k', folder, ...settings];
    const process = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
    const server = new PostgresServer(port, process, folder);
    await server.#ready();
    return server;
  }

  url(database: string, port = this.port): string {
    return `postgres://quarry@127.0.0.1:${port}/${database}`;
  }

  async #ready(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.run('SELECT 1');
        return;
      } catch (error) {
        if (tries === 100 || this.#process.exitCode !== null) throw error;
        await sleep(100);
      }
    }
  }

  /** One statement over a connection of its own. */
  async run(sql: string, database = 'postgres'): Promise<void> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGINT');
    await exit;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
