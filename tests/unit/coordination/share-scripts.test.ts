import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShareMemoryDriver } from './share-script/memory-driver.ts';
import { runShareScript } from './share-script/run-script.ts';

const folder = join(import.meta.dirname, '..', '..', 'golden', 'coordination', 'share');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('scripts of share groups have the outcome that Apache Kafka gave', () => {
  test('there are scripts', () => expect(scripts.length).toBeGreaterThan(10));

  test.each(scripts)('%s', async (name) => {
    const path = join(folder, name);
    const expected = readFileSync(path, 'utf8');
    const actual = await runShareScript(expected, await ShareMemoryDriver.open());
    // REWRITE_GOLDEN=1 takes what happens for right; look at the difference before you commit it.
    if (process.env['REWRITE_GOLDEN'] === '1') writeFileSync(path, actual);
    else expect(actual).toBe(expected);
  });
});
