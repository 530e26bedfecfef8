import { afterEach, expect, test } from 'vitest';
import { VERSION } from '../../../src/broker/version.ts';
import { BrokerProcess, endProcesses } from '../broker/process.ts';

afterEach(endProcesses);

test.each([['help'], ['--help'], ['serve', '-h'], ['--kafka.port', '0', '--help']])(
  '`quarry %s` lists the commands and starts nothing',
  async (...args) => {
    const { code, stdout } = await BrokerProcess.run(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^usage: quarry \[command\]/);
    for (const name of ['serve', 'search', 'sql', 'processor', 'settings']) expect(stdout).toContain(`\n  ${name} `);
  },
);

test.each(['search', 'tail', 'sql', 'processor', 'wal', 'segments', 'users', 'settings'])(
  '`quarry %s --help` says how it is called, whatever else is asked',
  async (name) => {
    const { code, stdout } = await BrokerProcess.run([name, 'something', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^usage: quarry ${name}\\b`));
  },
);

test('`quarry --version` says which one it is', async () => {
  expect(await BrokerProcess.run(['--version'])).toMatchObject({ code: 0, stdout: `quarry ${VERSION}\n`, stderr: '' });
});

test('`quarry settings` takes no arguments', async () => {
  const { code, stdout, stderr } = await BrokerProcess.run(['settings', 'wal']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain("quarry: unexpected 'wal'");
});
