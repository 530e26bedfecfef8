import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-pauses-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function start() {
  const broker = await Broker.start({ settings: { 'data.dir': folder, 'kafka.port': 0, 'http.port': 0 } });
  const ask = async (method: string, path: string) =>
    (await fetch(`http://${broker.httpAddress}${path}`, { method })).json() as Promise<any>;
  const pausedKinds = async (): Promise<string[]> =>
    (await ask('GET', '/admin/jobs')).kinds.flatMap((kind: any) => (kind.paused ? [kind.name] : []));
  return { broker, ask, pausedKinds };
}

test('what was paused and kept aside is so after a restart, the sinks too', async () => {
  const first = await start();
  await first.ask('POST', '/admin/processor/pause');
  await first.ask('POST', '/admin/jobs/packs/resume');
  await first.ask('POST', '/admin/jobs/verify/quarantine?key=some-0-1-0&reason=odd');
  await first.broker.stop();

  const second = await start();
  const status = await second.ask('GET', '/admin/processor');
  expect(status).toMatchObject({ packs: { paused: true }, text: { paused: true }, tables: { paused: true } });
  expect(await second.pausedKinds()).toContain('retention');
  expect(await second.pausedKinds()).not.toContain('packs');
  expect(status.jobs.jobs).toContainEqual(
    expect.objectContaining({ kind: 'verify', key: 'some-0-1-0', state: 'quarantined', reason: 'odd' }),
  );
  const resumed = await second.ask('POST', '/admin/processor/resume');
  expect(resumed).toMatchObject({ packs: { paused: false }, text: { paused: false }, tables: { paused: false } });
  await second.broker.stop();

  const third = await start();
  expect(await third.pausedKinds()).toEqual([]);
  expect(await third.ask('GET', '/admin/processor')).toMatchObject({ text: { paused: false } });
  await third.broker.stop();
});
