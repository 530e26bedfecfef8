import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../src/base/clock.ts';
import type { Query, TextHit, TextSearch, TextSearchResult } from '../../../src/fulltext/query.ts';
import { run as tail } from '../../../src/main/commands/tail.ts';
import { createWorld, record, type Served, serve, type World } from '../http-search/world.ts';
import { type RecordedIo, recordedIo } from './io.ts';

/** Finds what the offset ranges of tail's query ask for, by offset, as the executor does. */
function byOffset(request: TextSearch): Partial<TextSearchResult> {
  const wanted = (request.query as Extract<Query, { kind: 'bool' }>).filter[1] as Extract<Query, { kind: 'bool' }>;
  const from = new Map<number, number>();
  for (const part of wanted.should as Extract<Query, { kind: 'bool' }>[]) {
    const [partition, range] = part.filter as [Extract<Query, { kind: 'term' }>, Extract<Query, { kind: 'range' }>];
    from.set(Number(partition.values[0]), Number(range.gte));
  }
  const hits = request.ranges
    .flatMap(({ topicId, partition, from: start, to }) =>
      Array.from(
        { length: to - start },
        (_, i): TextHit => ({ topicId, partition, offset: start + i, timestamp: 0, score: 0 }),
      ),
    )
    .filter(({ partition, offset }) => offset >= (from.get(partition) ?? Number.POSITIVE_INFINITY))
    .sort((a, b) => a.offset - b.offset);
  return { total: hits.length, hits: hits.slice(0, request.limit) };
}

describe('quarry tail', () => {
  let world: World;
  let served: Served;
  let io: RecordedIo;

  beforeEach(async () => {
    world = createWorld();
    world.searcher.answer = byOffset;
    served = await serve(world);
    io = recordedIo();
  });
  afterEach(() => served.front.close(0));

  /** Lets time pass at once. */
  const fast: Clock = { ...systemClock, after: (_delay, task) => systemClock.after(1, task) };
  const start = (...args: string[]): Promise<number> => tail([...args, '--url', served.base], io, fast);
  const values = (): string[] =>
    io.printed.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ').slice(3).join(' '));
  async function until(count: number): Promise<string[]> {
    while (values().length < count) await new Promise((resolve) => setImmediate(resolve));
    return values();
  }

  test('shows the last records, then those that come, and ends when interrupted', async () => {
    const log = world.topic('logs', ['a', 'b', 'c']);
    const running = start('logs', '--lines', '2');
    expect(await until(2)).toEqual(['b', 'c']);
    log.append([record('d')]);
    log.append([record('e')]);
    expect(await until(4)).toEqual(['b', 'c', 'd', 'e']);
    io.stop();
    expect(await running).toBe(0);
    expect(io.printed.err).toBe('');
  });

  test('shows everything of all partitions from the beginning, in the order of time', async () => {
    world.topic('logs', [], { partitions: 2 });
    world.partition('logs', 0).append([record('first', 1000), record('third', 3000)]);
    world.partition('logs', 1).append([record('second', 2000)]);
    const running = start('logs', '--from-beginning');
    expect(await until(3)).toEqual(['first', 'second', 'third']);
    io.stop();
    await running;
  });

  test('loses nothing where more comes than a page holds', async () => {
    const log = world.topic('logs');
    log.append(Array.from({ length: 2500 }, (_, index) => record(String(index))));
    const running = start('logs', '--from-beginning');
    expect(await until(2500)).toEqual(Array.from({ length: 2500 }, (_, index) => String(index)));
    io.stop();
    await running;
  });

  test('follows a topic of many partitions', async () => {
    world.topic('wide', [], { partitions: 600 });
    world.partition('wide', 0).append([record('first', 1000)]);
    world.partition('wide', 599).append([record('last', 2000)]);
    const running = start('wide', '--from-beginning');
    await Promise.race([until(2), running]);
    expect({ values: values(), err: io.printed.err }).toEqual({ values: ['first', 'last'], err: '' });
    io.stop();
    expect(await running).toBe(0);
  });

  test('takes one topic, and says when it does not exist', async () => {
    expect(await start('a,b')).toBe(2);
    expect(await start('*')).toBe(2);
    expect(await start('logs', '--lines', 'many')).toBe(2);
    expect(await start('nothere')).toBe(1);
    expect(io.printed.err).toContain('no such index [nothere]');
  });
});
