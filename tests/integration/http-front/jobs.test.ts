import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, serve } from '../http-search/world.ts';

const world = createWorld();
let served: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  served = await serve(world);
});
afterAll(() => served.front.close(0));

const post = (path: string) => served.json(path, { method: 'POST' });

test('a job is run, fails, is tried again, kept aside and released over HTTP', async () => {
  expect((await post('/admin/jobs/sorting/run')).body).toEqual({ state: 'finished' });
  expect((await post('/admin/jobs/sorting/run?key=bad')).body).toEqual({
    state: 'failed',
    reason: 'there is no order in it',
  });
  const [waiting] = (await served.json('/admin/jobs')).body.jobs;
  expect(waiting).toMatchObject({ kind: 'sorting', key: 'bad', state: 'waiting', failures: 1 });
  expect((await post(`/admin/jobs/${waiting.id}/release`)).status).toBe(404);
  expect((await post(`/admin/jobs/${waiting.id}/retry`)).body).toEqual({ acknowledged: true });
  expect((await post('/admin/jobs/sorting/run?key=bad')).body).toMatchObject({ state: 'quarantined' });
  expect((await post('/admin/jobs/sorting/run?key=bad')).body).toMatchObject({ state: 'quarantined' });
  const { body } = await served.json('/admin/jobs');
  expect(body.jobs).toMatchObject([{ id: waiting.id, state: 'quarantined', failures: 3, fallback: 'set-aside' }]);
  expect(body.history.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'quarantined',
    'failed',
    'failed',
    'finished',
  ]);
  expect((await post(`/admin/jobs/${waiting.id}/release`)).status).toBe(200);
});

test('a paused kind shows as paused, and what a person keeps aside stays so', async () => {
  await post('/admin/jobs/sorting/pause');
  expect((await served.json('/admin/jobs')).body.kinds).toMatchObject([{ name: 'sorting', paused: true }]);
  await post('/admin/jobs/sorting/resume');
  expect((await post('/admin/jobs/sorting/quarantine?key=x&reason=looks%20odd')).status).toBe(200);
  expect((await post('/admin/jobs/sorting/run?key=x')).body).toEqual({ state: 'quarantined', reason: 'looks odd' });
});

test('unknown kinds and jobs are not found', async () => {
  expect((await post('/admin/jobs/nothing/run')).status).toBe(404);
  expect((await post('/admin/jobs/nothing-7/cancel')).status).toBe(404);
  expect((await post(`/admin/jobs/sorting/run?key=${'x'.repeat(301)}`)).status).toBe(400);
  expect((await served.json('/admin/jobs/sorting/run')).status).toBe(405);
});
