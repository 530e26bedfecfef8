import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventsOf, type ServerEvent } from '../../../src/main/event-stream.ts';
import { createWorld, type Served, serve, type World } from '../http-search/world.ts';

let world: World;
let served: Served;
beforeEach(async () => {
  world = createWorld();
  served = await serve(world);
});
afterEach(() => served.front.close(0));

async function listen(query = '', headers: Record<string, string> = {}) {
  const gone = new AbortController();
  const response = await served.get(`/admin/events${query}`, { headers, signal: gone.signal });
  let text = '';
  async function* pieces(): AsyncGenerator<string> {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      yield piece;
    }
  }
  const events = eventsOf(pieces());
  const take = async (count: number): Promise<ServerEvent[]> => {
    const taken: ServerEvent[] = [];
    while (taken.length < count) {
      const next = await events.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    return taken;
  };
  return { response, take, lastId: () => /id: (\S+)/.exec(text)?.[1] ?? '', leave: () => gone.abort() };
}

const namesOf = (events: readonly ServerEvent[]): string[] =>
  events.map(({ name, data }) => `${name} ${(JSON.parse(data) as any).job?.key ?? ''}`);

test('a client hears of every job from when it began to listen', async () => {
  await world.deps.jobs.run('sorting', 'before');
  const { response, take, leave } = await listen();
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  await world.deps.jobs.run('sorting', 'good');
  await world.deps.jobs.run('sorting', 'bad');
  const events = await take(6);
  expect(namesOf(events)).toEqual([
    'queued good',
    'started good',
    'finished good',
    'queued bad',
    'started bad',
    'failed bad',
  ]);
  expect(JSON.parse(events[5]!.data)).toMatchObject({
    type: 'failed',
    at: expect.any(Number),
    job: { kind: 'sorting', failures: 1, reason: 'there is no order in it', state: 'waiting' },
  });
  leave();
});

test('types and kinds can be chosen', async () => {
  const finished = await listen('?type=finished,failed&kind=sorting');
  const others = await listen('?kind=another');
  await world.deps.jobs.run('sorting', 'a');
  await world.deps.jobs.run('sorting', 'bad');
  expect(namesOf(await finished.take(2))).toEqual(['finished a', 'failed bad']);
  finished.leave();
  await served.front.close(0);
  expect(await others.take(1)).toEqual([]);
});

test('a client that comes back goes on after the last event that it has seen', async () => {
  const first = await listen();
  await world.deps.jobs.run('sorting', 'a');
  await first.take(3);
  first.leave();
  await world.deps.jobs.run('sorting', 'b');
  const again = await listen('', { 'last-event-id': first.lastId() });
  // The first id is that of the event `queued a`.
  expect(namesOf(await again.take(5))).toEqual(['started a', 'finished a', 'queued b', 'started b', 'finished b']);
  again.leave();
  const ofAnotherRun = await listen('', { 'last-event-id': 'xyz.0' });
  await world.deps.jobs.run('sorting', 'c');
  expect(namesOf(await ofAnotherRun.take(1))).toEqual(['queued c']);
  ofAnotherRun.leave();
});

test('who was away for too long is told how many events it missed', async () => {
  const first = await listen();
  await world.deps.jobs.run('sorting', 'a');
  await first.take(1);
  const id = first.lastId();
  first.leave();
  for (let n = 0; n < 400; n++) await world.deps.jobs.run('sorting', String(n));
  const again = await listen('', { 'last-event-id': id });
  const [missed, next] = await again.take(2);
  // Three events a job; one was seen, 1,000 are remembered.
  expect([missed?.name, missed?.data]).toEqual(['missed', '{"events":202}']);
  expect(next?.name).toMatch(/queued|started|finished/);
  again.leave();
});

test('a client too many is refused, and its place is free again when one leaves', async () => {
  const listeners = await Promise.all(Array.from({ length: 16 }, () => listen()));
  expect((await served.get('/admin/events')).status).toBe(429);
  listeners[0]?.leave();
  let status = 429;
  while (status === 429) {
    const gone = new AbortController();
    ({ status } = await served.get('/admin/events', { signal: gone.signal }));
    gone.abort();
  }
  expect(status).toBe(200);
  for (const { leave } of listeners) leave();
});

test('a close of the server does not wait for those who listen', async () => {
  const { take } = await listen();
  const started = performance.now();
  await served.front.close(5000);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(await take(1)).toEqual([]);
});

test('HEAD says what it is and ends', async () => {
  const response = await served.get('/admin/events', { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});
