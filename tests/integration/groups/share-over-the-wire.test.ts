import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runShareScript } from '../../unit/coordination/share-script/run-script.ts';
import { endProcesses } from '../broker/process.ts';
import { ShareWireDriver } from './share-wire-driver.ts';

const folder = join(import.meta.dirname, '..', '..', 'golden', 'coordination', 'share');

/** Scripts in which no time-out of a lock or a session matters, and one with kill -9. */
const SCRIPTS = ['acknowledge.txt', 'piggyback.txt', 'session-end.txt', 'several-partitions.txt', 'killed.txt'];

describe('scripts of share groups against a broker in a process of its own', () => {
  let driver: ShareWireDriver;

  beforeEach(async () => {
    driver = new ShareWireDriver();
    await driver.start();
  });
  afterEach(async () => {
    await driver.remove();
    await endProcesses();
  });

  test.each(SCRIPTS)(
    '%s',
    async (name) => {
      const expected = readFileSync(join(folder, name), 'utf8');
      expect(await runShareScript(expected, driver)).toBe(expected);
    },
    60_000,
  );
});
