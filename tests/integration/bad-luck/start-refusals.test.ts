import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';
import { FORMAT_VERSION, HEADER_BYTES } from '../../../src/wal/format.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest, temporaryFolder } from '../broker/process.ts';

const folder = folderOfEachTest();

const PORTS = ['--kafka.port', '0', '--http.port', '0'];
const serve = (...args: string[]) => BrokerProcess.run(['serve', '--data.dir', folder.path, ...PORTS, ...args]);

test('a data directory in use is refused before anything in it is touched', async () => {
  const first = await BrokerProcess.serve(folder.path);
  // The first makes this one by itself, soon after it is ready.
  await until('the state of its jobs', async () => readdirSync(folder.path).includes('state'));
  const before = readdirSync(folder.path).sort();
  const second = await serve('--objects', `file:${folder.path}/elsewhere`);
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(/the broker cannot start: .*wal is in use by process \d+; stop it first/);
  expect(readdirSync(folder.path).sort()).toEqual(before);
  const client = new TestClient(first);
  await client.send('still', ['works']);
  expect(await client.exact('still', 'works')).toBe(1);
  await client.close();
  expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
});

test('metadata of a newer schema is refused, and stays as it is', async () => {
  const path = join(folder.path, 'metadata.db');
  expect(await (await BrokerProcess.serve(folder.path)).kill('SIGTERM')).toMatchObject({ code: 0 });
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 999; PRAGMA journal_mode = DELETE');
  database.close();
  const bytes = readFileSync(path);
  const { code, stderr, stdout } = await serve();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('has schema version 999');
  expect(stderr).toContain('use a newer Quarry');
  expect(readFileSync(path).subarray(60, 64)).toEqual(bytes.subarray(60, 64));
});

test('a WAL of a newer format is refused, and stays as it is', async () => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('QUARRYWL', 'latin1');
  header.writeUInt16BE(FORMAT_VERSION + 1, 8);
  header.writeUInt32BE(crc32c(header.subarray(0, 44)), 44);
  mkdirSync(join(folder.path, 'wal'), { recursive: true });
  const path = join(folder.path, 'wal', `${'1'.padStart(20, '0')}.wal`);
  writeFileSync(path, header);
  const { code, stderr, stdout } = await serve();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`segment format ${FORMAT_VERSION + 1}`);
  expect(readFileSync(path)).toEqual(header);
});

test.each([
  [['--no.such.setting', '1'], 'no.such.setting'],
  [['--data.dir'], "setting 'data.dir' (flag): its value is missing"],
  [['--wal.seal.bytes', 'plenty'], "setting 'wal.seal.bytes'"],
  [['--listeners', 'nowhere'], "setting 'listeners'"],
  [['--objects', 'ftp://somewhere'], "object store 'ftp://somewhere' is not supported"],
  [['--objects', 's3://a bucket'], "object store 's3://a bucket' is no URL"],
  [['--objects', 's3://bucket/50%'], "object store 's3://bucket/50%' has a bare % in its path: write %25"],
  [['--metadata', 'oracle:x'], "metadata store 'oracle:x' is not supported"],
])('wrong settings %j end with exit code 2 and a sentence', async (args, sentence) => {
  const { code, stderr, stdout } = await serve(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(sentence);
});

test('a port that is taken ends with exit code 1 and leaves the data directory free', async () => {
  const first = await BrokerProcess.serve(folder.path);
  const other = temporaryFolder();
  const port = first.bootstrap.split(':')[1]!;
  const args = ['serve', '--data.dir', other.path, '--http.port', '0', '--kafka.port', port];
  const { code, stderr } = await BrokerProcess.run(args);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `another program listens at 127.0.0.1:${port} already: stop it, or choose another port with kafka.port or listeners`,
  );
  expect(readdirSync(join(other.path, 'wal'))).not.toContain('LOCK');
  await first.kill('SIGTERM');
  other.remove();
});

test.runIf(existsSync('/proc/self'))(
  'a data directory that cannot be made ends with exit code 1 and the reason',
  async () => {
    const { code, stderr, stdout } = await BrokerProcess.run(['serve', '--data.dir', '/proc/quarry/data', ...PORTS]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/the broker cannot start: ENOENT: .*'\/proc\/quarry'/);
  },
);

test('a data directory is in use although the process that its lock names is not to be seen', async () => {
  const first = await BrokerProcess.serve(folder.path);
  // As that of another container looks like.
  writeFileSync(join(folder.path, 'wal', 'LOCK'), '999999999 1');
  const second = await serve();
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(
    /the broker cannot start: .*wal is in use by a process that is not to be seen from here/,
  );
  expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
  const third = await BrokerProcess.serve(folder.path);
  expect(await third.kill('SIGTERM')).toMatchObject({ code: 0 });
});
