import { expect, test } from 'vitest';
import { run } from '../../../src/main/commands/processor.ts';
import { createWorld, serve } from '../http-search/world.ts';
import { recordedIo } from './io.ts';

test('quarry processor events prints a line an event until it is interrupted', async () => {
  const world = createWorld();
  const served = await serve(world);
  const io = recordedIo();
  const ended = run(['events', 'sorting', '--url', served.base], io);
  while (!io.printed.out.includes('failed')) {
    await world.deps.jobs.run('sorting', 'bad');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  io.stop();
  expect(await ended).toBe(0);
  expect(io.printed.out).toMatch(/^\S+Z failed sorting-\d+ bad there is no order in it$/m);

  const left = recordedIo();
  const listening = run(['events', '--json', '--url', served.base], left);
  while (left.printed.out === '') {
    await world.deps.jobs.run('sorting', 'good');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await served.front.close(0);
  expect(await listening).toBe(1);
  expect(left.printed.err).toContain('the broker has ended');
  expect(JSON.parse(left.printed.out.split('\n')[0] ?? '')).toMatchObject({ job: { kind: 'sorting' } });
});
