import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/main/commands/users.ts';
import { recordedIo } from './io.ts';

describe('quarry users', () => {
  let folder: string;
  let password: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'quarry-users-'));
    password = join(folder, 'password');
    writeFileSync(password, 'a secret\nand a second line\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function users(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const io = recordedIo({});
    const code = await run([...args, '--data.dir', join(folder, 'data')], io);
    return { code, ...io.printed };
  }

  test('adds, lists and removes users by mechanism', async () => {
    const added = await users('add', 'alice', '--password-file', password, '--iterations', '8192');
    expect(added).toMatchObject({ code: 0, out: 'stored alice for SCRAM-SHA-256 and SCRAM-SHA-512\n' });
    await users('add', 'bob', '--password-file', password, '--mechanism', 'SCRAM-SHA-512');
    expect((await users('list')).out).toBe(
      [
        'alice  SCRAM-SHA-256  8192 iterations\n',
        'alice  SCRAM-SHA-512  8192 iterations\n',
        'bob  SCRAM-SHA-512  4096 iterations\n',
      ].join(''),
    );
    await users('remove', 'alice', '--mechanism', 'SCRAM-SHA-256');
    expect(await users('remove', 'bob')).toMatchObject({ code: 0, out: 'removed bob\n' });
    expect((await users('list')).out).toBe('alice  SCRAM-SHA-512  8192 iterations\n');
  });

  test('never shows a password', async () => {
    for (const action of [['add', 'carol', '--password-file', password], ['list']]) {
      const { out, err } = await users(...action);
      expect(out + err).not.toContain('secret');
    }
  });

  test.each([
    [[], 2, /say one of add NAME/],
    [['add'], 2, /say one of add NAME/],
    [['rename', 'x'], 2, /unknown action 'rename'/],
    [['list', 'x', 'y'], 2, /unexpected 'y'/],
    [['add', 'x', '--iterations', '100'], 2, /--iterations takes 4096 to 16384/],
    [['add', 'x', '--mechanism', 'PLAIN'], 2, /unknown mechanism 'PLAIN'/],
    [['remove', 'nobody'], 1, /there is no user nobody/],
    [['add', 'x', '--password-file', '/no/such/file'], 1, /ENOENT/],
  ] as const)('%j ends with %i', async (args, code, message) => {
    const ended = await users(...args);
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(message);
  });

  test('takes a password that is typed, up to the end of the line', async () => {
    const io = recordedIo({});
    const added = run(['add', 'dora', '--data.dir', join(folder, 'data')], io);
    (io.input as PassThrough).write('typed secret\n');
    expect(await added).toBe(0);
    expect(io.printed.out).toBe('stored dora for SCRAM-SHA-256 and SCRAM-SHA-512\n');
  });

  test('makes no data directory but for a new user', async () => {
    const nowhere = join(folder, 'mistyped');
    for (const action of [['list'], ['remove', 'alice']]) {
      const io = recordedIo({});
      expect(await run([...action, '--data.dir', nowhere], io)).toBe(1);
      expect(io.printed.err).toContain(`there is no write-ahead log at ${nowhere}/wal`);
    }
    expect(existsSync(nowhere)).toBe(false);
    const io = recordedIo({ QUARRY_DATA_DIR: 'memory:' });
    expect(await run(['add', 'alice', '--password-file', password], io)).toBe(2);
    expect(io.printed.err).toContain('what is in memory has no data directory');
  });

  test('refuses an empty password', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '\n');
    expect(await users('add', 'x', '--password-file', empty)).toMatchObject({ code: 2 });
  });
});
