import { expect, test } from 'vitest';
import { environmentName } from '../../../src/config/load.ts';
import { profiles } from '../../../src/config/settings-processor.ts';
import { declarations } from '../../../src/config/settings.ts';
import type { Setting } from '../../../src/config/types.ts';
import { namesInTables, textOf } from './pages.ts';

const declared = Object.entries(declarations) as [string, Setting<unknown>][];
const page = textOf('docs/operations.md');

test('every setting has a sentence', () => {
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter(([, { doc }]) => !/^[A-Z].{8,}\.$/.test(doc)).map(([name]) => name)).toEqual([]);
});

test('every setting has a line with its default in docs/operations.md', () => {
  const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const wrong = declared.filter(([name, setting]) => {
    const value = String(setting.default).replaceAll(',', '');
    return !rows.some(([, named, shown]) => named === `\`${name}\`` && shown?.replaceAll(',', '') === value);
  });
  expect(wrong.map(([name]) => name)).toEqual([]);
});

test('docs/operations.md names no setting that does not exist', () => {
  const topic =
    /^quarry\.(search|search\.fields|table|table\.columns|table\.columns\.infer|table\.retention\.ms|storage\.class|storage\.class\.after\.ms|merge\.policy|ttl\.(lifetime|expires))$/;
  const named = [...namesInTables(page)].filter(
    (name) => /^[a-z]+(\.[a-z]+)+$/.test(name) && !name.endsWith('.db') && !topic.test(name),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !Object.hasOwn(declarations, name))).toEqual([]);
});

test('docs/operations.md shows what each profile changes', () => {
  for (const [column, name] of ['default', 'low-latency', 'high-throughput', 'debugging'].entries()) {
    for (const [setting, value] of Object.entries(profiles[name] ?? {})) {
      if (setting === 'processor.parallel.indexing') continue;
      const row = page.split('\n').find((line) => line.startsWith(`| \`${setting}\``) && line.split('|').length === 7);
      expect(row?.split('|')[column + 2]?.trim().replaceAll(',', ''), `${setting} of ${name}`).toBe(value);
    }
  }
});

test('variables without the prefix are those that docs/operations.md names', () => {
  const unprefixed = declared.flatMap(([, { env }]) => env ?? []);
  expect(unprefixed.length).toBe(4);
  expect(unprefixed.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  expect(environmentName('wal.seal.bytes')).toBe('QUARRY_WAL_SEAL_BYTES');
  expect(page).toContain('QUARRY_WAL_SEAL_BYTES');
});
