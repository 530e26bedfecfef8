import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemoryDriver } from './script/memory-driver.ts';
import { runScript } from './script/run-script.ts';
import { settingsOf } from './script/settings.ts';

const folder = join(import.meta.dirname, '..', '..', 'golden', 'coordination');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('group scripts have the outcome that Apache Kafka gave', () => {
  test('there are scripts', () => expect(scripts.length).toBeGreaterThan(10));

  test.each(scripts)('%s', async (name) => {
    const path = join(folder, name);
    const expected = readFileSync(path, 'utf8');
    const driver = await MemoryDriver.open(settingsOf(expected));
    const actual = await runScript(expected, driver);
    // REWRITE_GOLDEN=1 takes what happens for right; look at the difference before you commit it.
    if (process.env['REWRITE_GOLDEN'] === '1') writeFileSync(path, actual);
    else expect(actual).toBe(expected);
  });
});
