import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TestClient } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest } from '../broker/process.ts';

const folder = folderOfEachTest();

/** Every write to this file fails because its disk is full. */
const FULL = '/dev/full';

test.runIf(existsSync(FULL))('a broker whose log lines find no room serves its clients', async () => {
  const under = ['/bin/bash', '-c', `exec "$0" "$@" 2>${FULL}`];
  const broker = await BrokerProcess.serve(folder.path, [], { under });
  const client = new TestClient(broker);
  await client.send('topic', ['a record']);
  expect(await client.exact('topic', 'record')).toBe(1);
  await client.close();
  expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
});
