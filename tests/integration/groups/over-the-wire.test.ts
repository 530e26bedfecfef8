import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScript } from '../../unit/coordination/script/run-script.ts';
import { WireDriver } from './wire-driver.ts';

const folder = join(import.meta.dirname, '..', '..', 'golden', 'coordination');

/** Scripts that need neither time to pass nor settings of their own. */
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
  .filter(({ text }) => !/^advance /m.test(text) && !/^# settings:/m.test(text));

describe('group scripts over sockets, against a whole broker', () => {
  const driver = new WireDriver();
  beforeAll(() => driver.start());
  afterAll(() => driver.remove());

  test('there are scripts', () => expect(scripts.length).toBeGreaterThan(10));

  test.each(scripts)('$name', async ({ name, text }) => {
    driver.groupPrefix = `${name}/`;
    expect(await runScript(text, driver)).toBe(text);
  });
});
