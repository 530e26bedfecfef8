import { expect, test } from 'vitest';
import { EventFeed } from '../../../src/http/event-feed.ts';
import { ManualClock } from '../processor/manual-clock.ts';

test('a quiet feed says every 15 seconds that it is still there', async () => {
  const clock = new ManualClock();
  const feed = new EventFeed({ clock, run: 'r' });
  const ending = new AbortController();
  const read: string[] = [];
  const reading = (async () => {
    for await (const text of feed.read('', () => true, ending.signal)) read.push(text);
  })();
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(31_000);
  feed.add({ name: 'hello', data: { text: 'two\nlines' } });
  await new Promise((resolve) => setImmediate(resolve));
  expect(read).toEqual([
    'retry: 2000\n\n',
    ': still here\n\n',
    ': still here\n\n',
    'id: r.0\nevent: hello\ndata: {"text":"two\\nlines"}\n\n',
  ]);
  ending.abort();
  await reading;
});

test('a reader that does not read holds nothing, and is told how much it missed', async () => {
  const feed = new EventFeed({ clock: new ManualClock(), run: 'r' });
  const slow = feed.read('', ({ name }) => name === 'even', new AbortController().signal);
  await slow.next();
  for (let n = 0; n < 1500; n++) feed.add({ name: n % 2 === 0 ? 'even' : 'odd', data: { n } });
  expect((await slow.next()).value).toBe('id: r.499\nevent: missed\ndata: {"events":500}\n\n');
  expect((await slow.next()).value).toBe('id: r.500\nevent: even\ndata: {"n":500}\n\n');
  expect((await slow.next()).value).toBe('id: r.502\nevent: even\ndata: {"n":502}\n\n');
});
