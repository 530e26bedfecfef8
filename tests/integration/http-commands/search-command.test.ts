import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run as processor } from '../../../src/main/commands/processor.ts';
import { run as search } from '../../../src/main/commands/search.ts';
import { createWorld, type Served, serve } from '../http-search/world.ts';
import { recordedIo } from './io.ts';

describe('commands that ask a running broker', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', [{ level: 'ERROR' }, 'two\nlines \u001b[31m', 'x']);
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  async function ran(command: typeof search, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const io = recordedIo({ QUARRY_HTTP_PORT: String(served.port) });
    const code = await command(args, io);
    return { code, ...io.printed };
  }

  test('search shows a line a hit, with control characters spelt out', async () => {
    const { code, out, err } = await ran(search, 'logs', 'level:ERROR', 'OR', 'x');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '1970-01-01T00:00:01.000Z logs 0:0 {"level":"ERROR"}',
      '1970-01-01T00:00:01.000Z logs 0:1 two\\nlines \\u001b[31m',
      '1970-01-01T00:00:01.000Z logs 0:2 x',
      '',
    ]);
    expect(err).toMatch(/^3 of 3 in \d+ ms\n$/);
    expect(world.searcher.asked.at(-1)!.query).toMatchObject({
      kind: 'bool',
      should: [{ fields: ['level'] }, { text: 'x' }],
    });
  });

  test('search counts, and its exit code says that nothing was found', async () => {
    expect(await ran(search, 'logs', 'x', '--count')).toMatchObject({ code: 0, out: '3\n' });
    world.searcher.answer = () => ({ total: 0, hits: [] });
    expect(await ran(search, 'logs', 'x', '--count')).toMatchObject({ code: 3, out: '0\n' });
    expect((await ran(search, 'logs')).code).toBe(3);
    world.searcher.answer = () => ({});
  });

  test('options become parameters of the search', async () => {
    const { out } = await ran(
      search,
      'logs',
      'a b',
      '--and',
      '--size',
      '1',
      '--from',
      '1',
      '--sort',
      '@timestamp:desc',
      '--fields',
      'x',
      '--json',
    );
    expect(JSON.parse(out).hits.hits).toHaveLength(1);
    expect(world.searcher.asked.at(-1)).toMatchObject({
      query: { kind: 'bool', must: [{ text: 'a' }, { text: 'b' }] },
      sort: [{ by: 'timestamp', descending: true }],
      limit: 2,
    });
  });

  test("a refused search shows the broker's sentence", async () => {
    const { code, err } = await ran(search, 'logs', '(a');
    expect(code).toBe(1);
    expect(err).toContain("quarry: Failed to parse query [(a]: the '(' is not closed at position 1");
    expect((await ran(search, 'nothere')).err).toContain('no such index [nothere]');
  });

  test('wrong calls show the usage', async () => {
    expect(await ran(search)).toMatchObject({ code: 2, out: '' });
    expect((await ran(search, 'logs', '--nonsense')).err).toMatch(
      /Unknown option '--nonsense'[^]*usage: quarry search/,
    );
    expect(await ran(processor, 'dance')).toMatchObject({ code: 2 });
    expect((await ran(search, '--help')).out).toContain('usage: quarry search');
  });

  test('no broker is said so', async () => {
    const { code, err } = await ran(search, 'logs', '--url', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(err).toContain('no broker answers at http://127.0.0.1:1');
    const other = await ran(search, 'logs', '--url', '127.0.0.1:9200');
    expect(other.code).toBe(2);
    expect(other.err).toContain("--url takes http://HOST:PORT, not '127.0.0.1:9200'");
    // Who is in the address is not part of it; a password of the environment is taken as it is.
    const io = recordedIo({ QUARRY_HTTP_PASSWORD: '50%' });
    expect(await search(['logs', '--url', 'http://alice@127.0.0.1:1'], io)).toBe(1);
    expect(io.printed.err).toContain('no broker answers at http://127.0.0.1:1');
  });

  test('processor shows and steers', async () => {
    expect(await ran(processor, 'status')).toEqual({ code: 0, out: 'state: running\n', err: '' });
    expect((await ran(processor, 'pause')).out).toBe('state: paused\n');
    expect(JSON.parse((await ran(processor, 'run', '--json')).out)).toEqual({ state: 'running', runs: 1 });
  });
});
