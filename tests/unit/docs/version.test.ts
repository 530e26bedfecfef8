import { expect, test } from 'vitest';
import { VERSION } from '../../../src/broker/version.ts';
import { textOf } from './pages.ts';

test('the broker tells the version of the package', () => {
  expect((JSON.parse(textOf('package.json')) as { version: string }).version).toBe(VERSION);
});

test('commands of the README are scripts of the package', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const named = ['README.md', 'CONTRIBUTING.md'].flatMap((page) =>
    [...textOf(page).matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? ''),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
