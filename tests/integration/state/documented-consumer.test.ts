import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { jsonMergeInterpreter } from '../../../src/state/interpreters.ts';
import { fileSystemStorage } from '../../../src/state/storage-files.ts';
import { WriteAheadLog } from '../../../src/state/write-ahead-log.ts';
import { TestClient } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';

const ROOT = join(import.meta.dirname, '../../..');

interface Example {
  readonly sumPayments: (
    broker: string,
    folder: string,
  ) => Promise<{ wal: WriteAheadLog<Record<string, number>>; stop: () => Promise<void> }>;
}

/** The example of docs/state.md as a module; `quarry/state` is the source beside it. */
async function loadExample(folder: string): Promise<Example> {
  const page = readFileSync(join(ROOT, 'docs/state.md'), 'utf8');
  const code = /^```ts example\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  expect(code).toContain("from 'quarry/state'");
  const library = pathToFileURL(join(ROOT, 'src/state/index.ts')).href;
  writeFileSync(join(folder, 'example.ts'), code.replace("'quarry/state'", `'${library}'`));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/kafkajs'), join(folder, 'node_modules/kafkajs'));
  return (await import(pathToFileURL(join(folder, 'example.ts')).href)) as Example;
}

const payments = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ customer: `c${(from + i) % 3}`, amount: from + i }));

/** What the sums of payments 0 to `count` are. */
function sums(count: number): Record<string, number> {
  const expected: Record<string, number> = {};
  for (let i = 0; i < count; i++) expected[`c${i % 3}`] = (expected[`c${i % 3}`] ?? 0) + i;
  return expected;
}

test('the documented consumer adds each payment once, though all of them come again after a restart', async () => {
  const folder = temporaryFolder();
  await using broker = await Broker.start();
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  const { sumPayments } = await loadExample(folder.path);
  const state = join(folder.path, 'state');
  const until = async (wal: WriteAheadLog<Record<string, number>>, offset: number): Promise<void> =>
    expect.poll(() => wal.maxMessageId('payments-0'), { timeout: 20_000 }).toBe(offset);

  await client.send('payments', payments(0, 20));
  const first = await sumPayments(broker.bootstrap, state);
  await until(first.wal, 19);
  await first.stop();

  // The commit is lost, as by a crash before it: the group begins at the first record again.
  const admin = await client.admin();
  await admin.deleteGroups(['payments']);
  await client.send('payments', payments(20, 30));
  const second = await sumPayments(broker.bootstrap, state);
  await until(second.wal, 29);
  await second.stop();

  const options = { stateInterpreter: jsonMergeInterpreter, storage: fileSystemStorage(), serviceName: 'payments' };
  expect(await new WriteAheadLog({ ...options, baseDir: state }).retrieve('payments-0')).toEqual(sums(30));
  await client.close();
  folder.remove();
});
