import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonMergeInterpreter } from '../../../src/state/interpreters.ts';
import type { StateProblem, Storage } from '../../../src/state/types.ts';
import { WriteAheadLog } from '../../../src/state/write-ahead-log.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (content: Uint8Array | undefined): string | undefined => content && Buffer.from(content).toString();

export interface OpenedStorage {
  readonly storage: Storage;
  /** Where it may write; a path as a caller gives it. */
  readonly baseDir: string;
  readonly clean?: () => Promise<void> | void;
}

/** What every storage has to do, alone and below a write-ahead log. `open` gives an empty one. */
export function storageContract(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`state storage: ${name}`, () => {
    let storage: Storage;
    let base: string;
    let clean: OpenedStorage['clean'];
    beforeAll(async () => {
      ({ storage, baseDir: base, clean } = await open());
    });
    afterAll(() => clean?.());
    storageTests(
      () => storage,
      () => base,
    );
    logTests(
      () => storage,
      () => base,
    );
  });
}

function storageTests(storageOf: () => Storage, baseOf: () => string): void {
  const write = async (directory: string, name: string, text: string): Promise<void> => {
    await storageOf().makeDirectory(directory);
    await storageOf().write(`${directory}/${name}`, bytes(text));
  };

  test('gives back what was written, and replaces it', async () => {
    const directory = `${baseOf()}/files`;
    const content = bytes('one');
    await storageOf().makeDirectory(directory);
    await storageOf().write(`${directory}/a.log`, content);
    content.fill(0);
    expect(textOf(await storageOf().read(`${directory}/a.log`))).toBe('one');
    await write(directory, 'a.log', 'a longer second');
    await write(directory, 'a.log', '3');
    expect(textOf(await storageOf().read(`${directory}/a.log`))).toBe('3');
  });

  test('keeps any bytes, and none at all', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await storageOf().makeDirectory(`${baseOf()}/bytes`);
    await storageOf().write(`${baseOf()}/bytes/all`, every);
    await storageOf().write(`${baseOf()}/bytes/none`, new Uint8Array(0));
    expect(Buffer.compare((await storageOf().read(`${baseOf()}/bytes/all`))!, every)).toBe(0);
    expect(await storageOf().read(`${baseOf()}/bytes/none`)).toHaveLength(0);
  });

  test('knows nothing of what is missing, and does not mind removing it', async () => {
    expect(await storageOf().read(`${baseOf()}/none/a`)).toBeUndefined();
    expect(await storageOf().list(`${baseOf()}/none`)).toEqual([]);
    await storageOf().remove([`${baseOf()}/none/a`]);
    await storageOf().remove([]);
    await storageOf().removeDirectory(`${baseOf()}/none`);
  });

  test('lists files and directories by name, one level deep', async () => {
    const root = `${baseOf()}/tree`;
    await write(root, 'b', 'b');
    await write(`${root}/a`, 'x', 'x');
    await write(`${root}/a/deep`, 'y', 'y');
    await write(`${baseOf()}/tree-beside`, 'z', 'z');
    expect(await storageOf().list(root)).toEqual([
      { name: 'a', directory: true },
      { name: 'b', directory: false },
    ]);
    expect((await storageOf().list(`${root}/a`)).map((entry) => entry.name)).toEqual(['deep', 'x']);
  });

  test('removes files, and directories with all in them', async () => {
    const root = `${baseOf()}/removed`;
    for (const name of ['a', 'b', 'c']) await write(`${root}/one`, name, name);
    await write(`${root}/one/deep`, 'x', 'x');
    await write(`${root}/one-beside`, 'y', 'y');
    await storageOf().remove([`${root}/one/a`, `${root}/one/c`, `${root}/one/none`]);
    expect((await storageOf().list(`${root}/one`)).map((entry) => entry.name)).toEqual(['b', 'deep']);
    await storageOf().removeDirectory(`${root}/one`);
    expect(await storageOf().list(`${root}/one`)).toEqual([]);
    expect(await storageOf().read(`${root}/one/deep/x`)).toBeUndefined();
    expect(await storageOf().list(root)).toEqual([{ name: 'one-beside', directory: true }]);
  });
}

function logTests(storageOf: () => Storage, baseOf: () => string): void {
  const problems: StateProblem[] = [];
  const open = (serviceName: string) =>
    new WriteAheadLog({
      stateInterpreter: jsonMergeInterpreter,
      storage: storageOf(),
      serviceName,
      baseDir: baseOf(),
      report: (problem) => problems.push(problem),
    });

  test('holds a log over restarts: state, numbers, checkpoints', async () => {
    const first = open('service');
    for (let id = 1; id <= 7; id++) expect(await first.persist('client', { [`k${id}`]: id, last: id }, id)).toBe(true);
    const again = open('service');
    expect(await again.persist('client', { last: 'twice' }, 7)).toBe(false);
    expect(await again.maxMessageId('client')).toBe(7);
    expect(await again.retrieve('client')).toEqual({ k1: 1, k2: 2, k3: 3, k4: 4, k5: 5, k6: 6, k7: 7, last: 7 });
    expect(await again.retrieve('other')).toBeUndefined();
    expect(await open('service-beside').retrieve('client')).toBeUndefined();
    const names = (await storageOf().list(`${baseOf()}/service/client`)).map((entry) => entry.name);
    expect(names).toHaveLength(2);
    expect(names[0]).toMatch(/^checkpoint_\d+\.log$/);
    expect(names[1]).toMatch(/^log_\d+_7\.log$/);
  });

  test('clears a client, which begins anew', async () => {
    const log = open('clearing');
    for (let id = 1; id <= 4; id++) await log.persist('client', { id }, id);
    await log.persist('kept', { id: 1 }, 1);
    await log.clear('client');
    await log.clear('never seen');
    expect(await open('clearing').retrieve('client')).toBeUndefined();
    expect(await log.persist('client', { id: 1 }, 1)).toBe(true);
    expect(await open('clearing').retrieve('client')).toEqual({ id: 1 });
    expect(await open('clearing').retrieve('kept')).toEqual({ id: 1 });
  });

  test('holds clients apart whose ids are no names of files', async () => {
    const log = open('../odd service');
    const ids = [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a%2Fb',
      'a\\b',
      'a b',
      'ä',
      'a\u0308',
      '\0',
      'x'.repeat(300),
      'x'.repeat(301),
      'cleared.log',
      '%',
    ];
    for (const [index, id] of ids.entries()) await log.persist(id, { index }, 1);
    const again = open('../odd service');
    for (const [index, id] of ids.entries()) expect(await again.retrieve(id), id).toEqual({ index });
    expect(await storageOf().list(`${baseOf()}/%2E.%2Fodd%20service`)).toHaveLength(ids.length);
  });

  test('sets a corrupt file aside, and reports it', async () => {
    const log = open('corrupt');
    await log.persist('client', { a: 1 }, 1);
    const directory = `${baseOf()}/corrupt/client`;
    const torn = bytes('COMPLETED\n{"data":{"b":');
    await storageOf().write(`${directory}/log_5_2.log`, torn);
    problems.length = 0;
    expect(await open('corrupt').retrieve('client')).toEqual({ a: 1 });
    expect(problems).toMatchObject([{ kind: 'corrupt', path: `${directory}/aside/log_5_2.log` }]);
    expect(textOf(await storageOf().read(`${directory}/aside/log_5_2.log`))).toBe(textOf(torn));
    expect(await storageOf().read(`${directory}/log_5_2.log`)).toBeUndefined();
    await open('corrupt').clear('client');
    expect(await storageOf().list(directory)).toEqual([]);
  });
}
