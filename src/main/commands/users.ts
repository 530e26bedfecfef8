import { readFileSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { systemDisk } from '../../base/disk-system.ts';
import { systemProcesses } from '../../base/processes.ts';
import { systemRandom } from '../../base/random.ts';
import { openMetadata } from '../../metadata/open.ts';
import {
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  saltPassword,
  SCRAM_HASHES,
  type ScramHash,
} from '../../security/sasl/scram-keys.ts';
import { randomLetters, ScramUsers } from '../../security/scram-users.ts';
import { lockDirectory } from '../../wal/lock.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { DATA_USAGE, type DataArguments, dataArguments, existingWal } from '../data-directory.ts';

const USAGE = `usage: quarry users add|remove NAME, quarry users list [options]

The users of SCRAM in a data directory, while no broker runs on it: so is the first user made. Beside a running broker use
kafka-configs --alter --entity-type users, or another admin client.

  add NAME         store a user; the password is read from standard input, up to the end of the line
  remove NAME      forget a user
  list             one line a user and mechanism

  --mechanism M    SCRAM-SHA-256 or SCRAM-SHA-512; both without it
  --iterations N   ${MIN_ITERATIONS} to ${MAX_ITERATIONS}, default ${MIN_ITERATIONS}
  --password-file FILE   reads the password there
${DATA_USAGE}`;

const OPTIONS = {
  mechanism: { type: 'string' },
  iterations: { type: 'string' },
  'password-file': { type: 'string' },
} as const;

/** `quarry users`: exit code 0, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const parsed = dataArguments(args, OPTIONS, io);
    const act = await actionOf(parsed, io);
    if (parsed.positionals[0] !== 'add') existingWal(parsed.locations);
    await withUsers(parsed, (users) => act(users, io));
    return 0;
  });
}

type Action = (users: ScramUsers, io: CommandIo) => Promise<void>;

async function actionOf({ positionals, values }: DataArguments, io: CommandIo): Promise<Action> {
  const [action, name, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected '${extra}'`);
  const hashes = hashesOf(values['mechanism']);
  if (action === 'list' && name === undefined) return list;
  if (name === undefined || name === '') throw new UsageError('say one of add NAME, remove NAME, list');
  if (action === 'remove') return (users, io) => remove(users, name, hashes, io);
  if (action !== 'add') throw new UsageError(`unknown action '${action ?? ''}'`);
  const iterations = Number(values['iterations'] ?? MIN_ITERATIONS);
  if (!Number.isInteger(iterations) || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    throw new UsageError(`--iterations takes ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`);
  const file = values['password-file'];
  const [password = ''] = (typeof file === 'string' ? readFileSync(file, 'utf8') : await typed(io)).split(/\r?\n/, 1);
  if (password === '') throw new UsageError('the password is empty');
  return (users, io) => add(users, { name, hashes, iterations, password }, io);
}

function hashesOf(mechanism: string | boolean | undefined): readonly ScramHash[] {
  if (mechanism === undefined) return SCRAM_HASHES;
  const found = SCRAM_HASHES.filter((hash) => hash.mechanism === mechanism);
  if (found.length === 0) throw new UsageError(`unknown mechanism '${String(mechanism)}'`);
  return found;
}

/** Longer is no password that somebody has typed. */
const MAX_CHARS = 65_536;

/** What comes on standard input, up to the end of a line. Not from the command line, which every process of the machine can read. */
async function typed({ input, signal }: CommandIo): Promise<string> {
  let text = '';
  for await (const piece of addAbortSignal(signal, input.setEncoding('utf8'))) {
    text += String(piece);
    if (text.includes('\n') || text.length > MAX_CHARS) break;
  }
  return text;
}

async function withUsers({ locations }: DataArguments, act: (users: ScramUsers) => Promise<void>): Promise<void> {
  // A broker that runs would not see the change, and would not know of it.
  systemDisk.makeDirectory(locations.wal);
  const lock = lockDirectory(systemDisk, locations.wal, systemProcesses);
  try {
    const sql = await openMetadata(locations.metadata);
    try {
      const users = new ScramUsers();
      await users.load(sql, systemRandom);
      await act(users);
    } finally {
      await sql.close();
    }
  } finally {
    lock.release();
  }
}

interface NewUser {
  readonly name: string;
  readonly hashes: readonly ScramHash[];
  readonly iterations: number;
  readonly password: string;
}

async function add(users: ScramUsers, { name, hashes, iterations, password }: NewUser, io: CommandIo): Promise<void> {
  const upsertions = await Promise.all(
    hashes.map(async (scram) => {
      const salt = Buffer.from(randomLetters(systemRandom));
      const saltedPassword = await saltPassword(scram, password, salt, iterations);
      return { user: name, scram, iterations, salt, saltedPassword };
    }),
  );
  await users.alter([], upsertions);
  io.out(`stored ${name} for ${hashes.map(({ mechanism }) => mechanism).join(' and ')}\n`);
}

async function remove(users: ScramUsers, name: string, hashes: readonly ScramHash[], io: CommandIo): Promise<void> {
  const there = users.mechanismsOf(name).filter(({ scram }) => hashes.includes(scram));
  if (there.length === 0) throw new Error(`there is no user ${name}`);
  await users.alter(
    there.map(({ scram }) => ({ user: name, scram })),
    [],
  );
  io.out(`removed ${name}\n`);
}

function list(users: ScramUsers, io: CommandIo): Promise<void> {
  for (const name of users.users())
    for (const { scram, iterations } of users.mechanismsOf(name))
      io.out(`${name}  ${scram.mechanism}  ${iterations} iterations\n`);
  return Promise.resolve();
}
