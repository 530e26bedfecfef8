import { expect, test } from 'vitest';
import { Broker, type JobEvent } from '../../../src/broker/index.ts';

test('an embedded broker tells of its jobs, and runs one over HTTP when it is asked', async () => {
  await using broker = await Broker.start();
  const events: JobEvent[] = [];
  const unlisten = broker.onJobEvent((event) => events.push(event));
  const run = async (kind: string) =>
    (await fetch(`http://${broker.httpAddress}/admin/jobs/${kind}/run`, { method: 'POST' })).json();
  expect(await run('garbage')).toEqual({ state: 'finished' });
  expect(events.filter(({ job }) => job.kind === 'garbage').map(({ type }) => type)).toEqual([
    'queued',
    'started',
    'finished',
  ]);
  expect(await run('retention')).toEqual({ state: 'finished' });
  expect(await run('scrub')).toEqual({ state: 'finished' });
  unlisten();
  const before = events.length;
  await run('garbage');
  expect(events).toHaveLength(before);
  const metrics = await (await fetch(`http://${broker.httpAddress}/metrics`)).text();
  expect(metrics).toMatch(/quarry_job_seconds_count\{kind="garbage"\} [2-9]/);
});
