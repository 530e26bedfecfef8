import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programFlags } from '../../../scripts/node24.mjs';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest } from '../broker/process.ts';

const folder = folderOfEachTest();
const MAIN = join(import.meta.dirname, '../../../src/main/main.ts');

/** Runs the program with an output that nobody reads. */
const unread = (...args: string[]) =>
  spawnSync('sh', ['-c', '"$@" | true', 'sh', process.execPath, ...programFlags(), MAIN, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });

test('a command whose output nobody reads any more says nothing of it', () => {
  expect(unread('settings')).toMatchObject({ status: 0, stderr: '' });
});

test('a command that goes on for ever ends when nobody reads its output any more', async () => {
  const broker = await BrokerProcess.serve(folder.path);
  const client = new TestClient(broker);
  await client.send('read', ['one', 'two']);
  await client.close();
  expect(unread('tail', 'read', '--url', `http://${broker.http}`)).toMatchObject({
    status: 0,
    signal: null,
    stderr: '',
  });
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
});

test('one Ctrl-C that comes twice stops the broker as one does', async () => {
  const broker = await BrokerProcess.serve(folder.path);
  void broker.kill('SIGINT');
  await until('the stop', () => broker.stderr.includes('"msg":"stopping"'));
  // Where the process is about to end anyway the system may end it, but not before the broker has stopped.
  expect((await broker.kill('SIGINT')).stderr).toContain('"msg":"stopped"');
});

test('a command that goes on for ever does so until Ctrl-C', async () => {
  const broker = await BrokerProcess.serve(folder.path);
  const client = new TestClient(broker);
  await client.send('read', ['one']);
  const args = [...programFlags(), MAIN, 'tail', 'read', '--url', `http://${broker.http}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const shows = (value: string) =>
    Promise.race([ended, until(`'${value}' in what tail shows`, () => out.includes(` ${value}\n`))]);
  await shows('one');
  await client.send('read', ['two']);
  await shows('two');
  child.kill('SIGINT');
  expect({ code: await ended, lines: out.match(/one|two/g) }).toEqual({ code: 0, lines: ['one', 'two'] });
  await client.close();
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
});
