import { expect, test } from 'vitest';
import { namesInTables, textOf } from './pages.ts';

type Packages = Readonly<Record<string, string>>;
const manifest = JSON.parse(textOf('package.json')) as Readonly<
  Record<'dependencies' | 'devDependencies' | 'peerDependencies', Packages>
>;
const explained = namesInTables(textOf('docs/dependencies.md'));

test('every dependency has its reason in docs/dependencies.md', () => {
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const wanted = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter((name) => !explained.has(name))).toEqual([]);
});

test('docs/dependencies.md explains nothing that is not there', () => {
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const present = new Set(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }));
  const alternatives = [...explained].filter((name) => !present.has(name));
  expect(alternatives).toEqual([]);
});

test('versions are exact', () => {
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(ranges.filter(([, version]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(version))).toEqual([]);
});
