// Finds (or installs) the Node 24 that the product runs on. Plain JavaScript for Node 20 and later, no dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const major = (version) => Number(version.replace(/^v/, '').split('.')[0]);

/**
 * Node's flags for a process that runs threads, by the version that it has. V8 keeps one cache of WebAssembly import wrappers for all threads, and a thread
 * that replaces a wrapper while another releases one can end the whole process ("Check failed: end > addr") or lock it up. Node strips types with
 * WebAssembly in every thread; wrappers that are never replaced cost nothing that can be measured there.
 */
export const threadFlags = (version = process.version) =>
  major(version) === 24 ? ['--wasm-wrapper-tiering-budget=1000000000'] : [];

/** Flags of every program of ours: it runs from TypeScript, with threads. */
export const programFlags = (version = process.version) => [
  '--disable-warning=ExperimentalWarning',
  ...threadFlags(version),
];

/** Runs npm with its output on stderr; true when it succeeded. */
function npm(args) {
  const options = { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' };
  return spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], options).status === 0;
}

const LOCK_FILE = join(root, 'package-lock.json');
const STAMP = join(root, 'node_modules', '.quarry-installed');

/** Whether `node_modules` is there and made by the lock file as it is. */
function isInstalled() {
  return (
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === String(readFileSync(LOCK_FILE, 'utf8').length) &&
    statSync(STAMP).mtimeMs >= statSync(LOCK_FILE).mtimeMs
  );
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the right to install. When another process has it, waits until that one has done it or is gone. */
function takeTurn(turn) {
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (waited === 0) process.stderr.write('quarry: another process is installing the dependencies; waiting for it\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    const owner = existsSync(turn) ? Number(readFileSync(turn, 'utf8')) : 0;
    if (owner > 0 && !isAlive(owner)) rmSync(turn, { force: true });
  }
}

/**
 * Installs the locked dependencies when `node_modules` is missing or older than the lock file. All output goes to stderr. One process at a time: npm begins
 * by taking away what another one may be putting there.
 */
export function ensureInstalled() {
  if (!existsSync(LOCK_FILE) || isInstalled()) return; // without a lock file: an installed package, npm already did this
  const turn = join(root, '.quarry-installing');
  takeTurn(turn);
  try {
    if (isInstalled()) return;
    process.stderr.write('quarry: installing dependencies (first start, or the lock file changed)\n');
    // A lock file that the registry at hand cannot satisfy to the letter (platforms that it does not carry) is no reason to stop.
    if (npm(['ci']) || npm(['install', '--no-save'])) {
      writeFileSync(STAMP, String(readFileSync(LOCK_FILE, 'utf8').length));
      return;
    }
  } finally {
    rmSync(turn, { force: true });
  }
  process.stderr.write(
    'quarry: the dependencies could not be installed; check the network or your npm configuration and run it again\n',
  );
  process.exit(1);
}

/** Path of a Node binary of version 24 or later: this one, the one that the npm package `node` carries, or one installed now. */
export function findNode24() {
  if (major(process.version) >= 24) return process.execPath;
  const candidates = () => [
    join(root, 'node_modules', 'node', 'bin', 'node'),
    join(root, '..', 'node', 'bin', 'node'),
    join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
  ];
  let found = candidates().find((path) => existsSync(path));
  if (found === undefined) {
    // Install scripts may be switched off: then the platform package is fetched by name.
    const name = `node-${process.platform}-${process.arch}@24`;
    process.stderr.write(`quarry: fetching ${name}\n`);
    spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', name], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    found = candidates().find((path) => existsSync(path));
  }
  if (found === undefined) {
    process.stderr.write('quarry needs Node 24 and could not install it; install Node 24 and run this again\n');
    process.exit(1);
  }
  return found;
}

/**
 * Ends this program and goes on as another in the same process, so that there is one process less to hold memory and to pass signals on. Where Node cannot
 * do that (before 23.11, and on Windows) it runs the other one and resolves with its exit code.
 */
export function become(command, args, env) {
  if (typeof process.execve !== 'function' || process.platform === 'win32') return run(command, args, { env });
  process.removeAllListeners('warning'); // Node would say that this is experimental
  return process.execve(command, [command, ...args], env);
}

/**
 * Runs a command in the foreground: passes SIGINT and SIGTERM on, resolves with its exit code.
 * A child that dies from a signal gives 128 + the signal's number, as a shell does.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
    child.on('error', (error) => {
      process.stderr.write(`quarry: cannot run ${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1)));
  });
}
